//! Completion: a shell asks with a half-written line.

use doorward_core::ObjectRef;
use entra_sim::{GroupKind, cast};
use serde_json::json;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::bench::{Bench, add, files, finish};

/// The program as a shell runs it: with the user's environment, and nothing of a secret.
fn asked(bench: &Bench, shell: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command
        .env_clear()
        .env("HOME", bench.data().parent().unwrap())
        .env("DOORWARD_DATA_DIR", bench.data())
        .env("DOORWARD_COMPLETE", shell)
        .current_dir(bench.data().parent().unwrap())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn answer(mut command: Command) -> Vec<String> {
    let output = finish(command.spawn().unwrap()).ends(0);
    assert_eq!(output.stderr, "", "{command:?}");
    output.stdout.lines().map(str::to_owned).collect()
}

/// What fish is offered for the last of these words, with what is said about each.
fn told(bench: &Bench, words: &[&str]) -> Vec<(String, String)> {
    let mut command = asked(bench, "fish");
    command.args(["--", "doorward"]).args(words);
    let split = |line: String| {
        let (value, help) = line.split_once('\t').unwrap_or((&line, ""));
        (value.to_owned(), help.to_owned())
    };
    answer(command).into_iter().map(split).collect()
}

/// What fish is offered for the last of these words.
pub(crate) fn offered(bench: &Bench, words: &[&str]) -> Vec<String> {
    told(bench, words).into_iter().map(|(value, _)| value).collect()
}

#[test]
fn commands_options_and_names_are_offered() {
    let bench = Bench::new();
    // Before anything is stored, and without storing anything.
    assert_eq!(offered(&bench, &["check", "-i", ""]), [] as [&str; 0]);
    assert!(!bench.data().exists());
    bench.add();
    let asked = bench.simulator.trace().len();
    for (words, expected) in [
        (&["integ"][..], "integration"),
        (&["integration", "sh"], "show"),
        (&["integration", "show", ""], "contoso"),
        (&["integration", "remove", "con"], "contoso"),
        (&["check", "-i", ""], "contoso"),
        (&["journal", "list", "--integration", ""], "contoso"),
        (&["connector", "show", ""], "entra-id"),
        (&["check", "--connector", ""], "entra-id"),
        (&["integration", "add", "new", "--connector", ""], "entra-id"),
        (&["journal", "list", "-o", ""], "jsonl"),
        (&["grant", "--dry"], "--dry-run"),
        (&["completion", ""], "powershell"),
    ] {
        let found = offered(&bench, words);
        assert!(found.iter().any(|one| one == expected), "{words:?}: {found:?}");
    }
    // A new name is not one that is there, and people are known after a sync only.
    for words in [&["integration", "add", ""][..], &["grant", "--to", ""]] {
        let found = offered(&bench, words);
        assert!(found.iter().all(|one| one.starts_with("-")), "{words:?}: {found:?}");
    }
    assert_eq!(bench.simulator.trace().len(), asked, "nothing was asked");
}

#[test]
fn nothing_that_is_broken_breaks_completion() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.data()).unwrap();
    std::fs::write(bench.data().join("doorward.db"), "no database").unwrap();
    assert_eq!(offered(&bench, &["check", "-i", ""]), [] as [&str; 0]);
    for words in [&["no-such", "", ""][..], &["--", "--", ""], &["grant", "--to"]] {
        offered(&bench, words);
    }
}

#[test]
fn each_shell_has_its_script() {
    let bench = Bench::new();
    for (shell, mark) in [
        ("bash", "complete "),
        ("zsh", "#compdef doorward"),
        ("zsh", "other -U"),
        ("fish", "complete "),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = bench.run(&["completion", shell]).ends(0).says(mark).says("DOORWARD_COMPLETE");
        assert!(!script.stdout.contains("target/"), "found on the search path: {}", script.stdout);
    }
    bench.run(&["completion", "tcsh"]).ends(2);
    assert!(!bench.data().exists());
}

#[cfg(unix)]
#[test]
fn bash_reads_its_script() {
    let bench = Bench::new();
    let script = bench.run(&["completion", "bash"]).ends(0).stdout;
    let file = bench.file("completion.bash", &script);
    let read = std::process::Command::new("bash").args(["-n", &file]).status().unwrap();
    assert!(read.success());
}

/// A tenant that was synced, whose secret cannot be had any more.
fn synced() -> Bench {
    let bench = Bench::new();
    let file = bench.connection(json!({"secret": {"env": "CONTOSO_SECRET"}}));
    for words in [&add("contoso", &file)[..], &["sync"]] {
        let mut command = bench.command(words);
        command.env("CONTOSO_SECRET", cast::SECRET);
        let output = finish(command.spawn().unwrap());
        assert!([0, 14].contains(&output.code), "{output:?}");
    }
    bench
}

#[test]
fn names_of_the_last_sync_are_offered_and_nobody_is_asked() {
    let bench = synced();
    bench.simulator.clear_trace();
    std::fs::remove_file(bench.data().join("key")).unwrap();
    let before: BTreeSet<_> = files(&bench.data()).into_iter().collect();
    for (words, expected) in [
        (&["grant", "--to", "ali"][..], "alice@contoso.com"),
        (&["grant", "--to", "ALI"], "alice@contoso.com"),
        (&["grant", "--to", "Alice A"], "Alice Archer"),
        (&["grant", "--to", ""], "alice@contoso.com"),
        (&["grant", "--to", "user:ali"], "user:alice@contoso.com"),
        (&["grant", "--to", "group:plat"], "group:Platform"),
        (&["grant", "--to", "gr"], "group:Platform"),
        (&["grant", "--on", "group:fin"], "group:Finance"),
        (&["grant", "--on", "fin"], "Finance"),
        (&["grant", "--on", "gr"], "group:Finance"),
        (&["grant", "--on", ""], "group:All Staff"),
        (&["grant", "--on", ""], "au:EMEA"),
        (&["grant", "--on", "role:user a"], "role:User Administrator"),
        (&["grant", "--on", "\"role:User A"], "role:User Administrator"),
        (&["grant", "--on", r"role:User\ A"], "role:User Administrator"),
        (&["grant", "--on", "au:"], "au:EMEA"),
        (&["grant", "--on=group:fin"], "--on=group:Finance"),
        (&["revoke", "--from", "bob"], "bob@contoso.com"),
        (&["access", "list", "--on", "group:Eng"], "group:Engineering"),
        (&["access", "list", "--for", "bo"], "bob@contoso.com"),
        (&["access", "explain", "--for", "bo"], "bob@contoso.com"),
        (&["integration", "allow", "group:Eng"], "group:Engineering"),
        (&["integration", "protect", "break"], "breakglass@contoso.onmicrosoft.com"),
        (&["integration", "protect", "role:Glo"], "role:Global Administrator"),
        (&["grant", "-i", "contoso", "--to", "ali"], "alice@contoso.com"),
        (&["grant", "--to", "ali", "--on", "fin"], "Finance"),
    ] {
        let found = offered(&bench, words);
        assert!(found.iter().any(|one| one == expected), "{words:?}: {found:?}");
        assert!(found.len() < 80, "{words:?}: {}", found.len());
    }
    let alice = told(&bench, &["grant", "--to", "alice@"]);
    assert_eq!(alice, [("alice@contoso.com".to_owned(), "Alice Archer".to_owned())]);
    for words in [
        &["grant", "-i", "other", "--to", "ali"][..],
        &["grant", "--to", "%"],
        &["grant", "--to", "nosuch:ali"],
        &["grant", "--on", "user:ali"],
        &["grant", "--to", "alice@contoso.com.example"],
    ] {
        assert_eq!(offered(&bench, words), [] as [&str; 0], "{words:?}");
    }
    assert_eq!(bench.simulator.trace().len(), 0, "nobody was asked");
    let after = files(&bench.data()).into_iter();
    // The database is read, and only SQLite's own files beside it come and go.
    let left = after.filter(|file| !before.contains(file)).filter(|file| {
        let name = file.file_name().unwrap().to_str().unwrap();
        !["doorward.db-wal", "doorward.db-shm"].contains(&name)
    });
    assert_eq!(left.collect::<Vec<_>>(), [] as [std::path::PathBuf; 0]);
}

/// Names that mean something to a terminal, a shell or to us, and names that two objects share:
/// what is offered instead names exactly the object.
#[test]
fn what_is_offered_names_exactly_one_object() {
    let bench = Bench::ready();
    let names = [
        "Twins",
        "twins",
        "Deceit \u{1b}[31m\u{202e}x",
        "Line\nbreak",
        "id=5",
        "mail=x@y",
        "\"Quoted\"",
        "Team: A",
        " Blank ends ",
        "Ops@au:EMEA",
        "-rf",
        "O'Hara \"and\" $(touch ran);`touch ran` \\ *!",
        "100%_done",
        "Stra\u{df}e",
    ];
    let ids = names.map(|name| bench.simulator.tenant().add_group(name, GroupKind::Security));
    bench.run(&["sync"]).ends(14);
    let mut seen = BTreeSet::new();
    for (beginning, wanted) in [
        ("group:twi", 2),
        ("group:dec", 1),
        ("group:line", 1),
        ("group:id", 1),
        ("group:mail", 1),
        ("group:\"", 1),
        ("group:team", 1),
        ("group: ", 1),
        ("group:ops", 1),
        ("group:-", 1),
        ("group:o'", 1),
        ("group:100%", 1),
        ("group:STRASSE", 1),
    ] {
        // As the scripts of PowerShell pass it on: without quotes.
        let mut command = asked(&bench, "powershell");
        command.args(["--", "doorward", "access", "list", "--on", beginning]);
        let found = answer(command);
        assert_eq!(found.len(), wanted, "{beginning}: {found:?}");
        for line in found {
            let value = line.split('\t').next().unwrap();
            let value = match value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')) {
                Some(quoted) => quoted.replace("''", "'"),
                None => value.to_owned(),
            };
            assert!(!line.chars().any(|sign| sign != '\t' && sign.is_control()), "{line:?}");
            assert!(!line.contains('\u{202e}'), "{line:?}");
            let words = ["access", "list", "--on", &value, "--last-sync", "-o", "json"];
            let list = bench.run(&words);
            assert!([0, 14].contains(&list.code), "{value}: {list:?}");
            let list = list.document("AccessList");
            seen.insert(list["subject"]["key"]["id"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(seen, ids.iter().cloned().collect());
    // Who shares a name is told by it.
    let twins = told(&bench, &["grant", "--on", "group:twins"]);
    let expected = [0, 1]
        .map(|at| (ObjectRef::new("group", ids[at].clone()).to_string(), names[at].to_owned()));
    assert_eq!(twins.iter().collect::<BTreeSet<_>>(), expected.iter().collect());
}

/// Bash itself reads the script, asks, and takes the answer.
#[cfg(unix)]
#[test]
fn bash_takes_names_with_blanks_and_signs() {
    let bench = Bench::ready();
    let odd = "Odd $(touch ran) `touch ran`; * 'x' \"y\"";
    bench.simulator.tenant().add_group(odd, GroupKind::Security);
    bench.run(&["sync"]).ends(14);
    let script = bench.run(&["completion", "bash"]).ends(0).stdout;
    let file = bench.file("completion.bash", &script);
    let places = env!("CARGO_BIN_EXE_doorward").rsplit_once('/').unwrap().0;
    for (line, offered, becomes) in [
        ("doorward grant --to alice@co", "contoso.com", "alice@contoso.com"),
        ("doorward grant --on group:Ware", "Warehouse", "group:Warehouse"),
        ("doorward grant --on=group:Ware", "Warehouse", "group:Warehouse"),
        ("doorward grant --on role:User\\ Adm", r"User\ Administrator", "role:User Administrator"),
        ("doorward grant --on role:\"User Adm", "User Administrator", "role:User Administrator"),
        (
            "doorward grant --on \"role:User Adm",
            "role:User Administrator",
            "role:User Administrator",
        ),
        (
            "doorward grant --on 'role:User Adm",
            "role:User Administrator",
            "role:User Administrator",
        ),
        ("doorward grant --on group:Odd", "*", &format!("group:{odd}")),
        ("doorward grant --on group:\"Odd", "*", &format!("group:{odd}")),
    ] {
        // What bash would put in the place of its own last word, and how it then reads the line.
        let asks = format!(
            "source {file}\nCOMP_LINE=$1 COMP_POINT=${{#1}}\n_doorward\n\
             printf '%s\\n' \"${{#COMPREPLY[@]}}\" \"${{COMPREPLY[0]}}\""
        );
        let mut command = Command::new("bash");
        command.args(["--norc", "-c", &asks, "bash", line]).env_clear();
        command.env("PATH", format!("{places}:/usr/bin:/bin"));
        command.env("HOME", bench.data().parent().unwrap()).env("DOORWARD_DATA_DIR", bench.data());
        command.current_dir(bench.data().parent().unwrap());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = finish(command.spawn().unwrap()).ends(0);
        let (number, reply) = output.stdout.trim_end().split_once('\n').unwrap();
        assert_eq!(number, "1", "{line}: {output:?}");
        assert!(offered == "*" || reply == offered, "{line}: {reply}");
        let quote = line.chars().find(|sign| ['"', '\''].contains(sign));
        let breaks = |sign: char| " \"'=:@".contains(sign);
        let kept = match quote {
            Some(quote) => line.split_inclusive(quote).next().unwrap(),
            None if line.contains('\\') => line.split_inclusive(':').next().unwrap(),
            None => line.rsplit_once(breaks).map(|(kept, _)| &line[..=kept.len()]).unwrap(),
        };
        let whole = format!("{kept}{reply}{}", quote.map(String::from).unwrap_or_default());
        let reads = format!("set -- {}\nprintf %s \"${{@: -1}}\"", &whole["doorward ".len()..]);
        let mut command = Command::new("bash");
        command.args(["--norc", "-c", &reads]).env_clear().stdout(Stdio::piped());
        command.current_dir(bench.data().parent().unwrap());
        let read = finish(command.spawn().unwrap()).ends(0).stdout;
        assert_eq!(read.strip_prefix("--on=").unwrap_or(&read), becomes, "{whole}");
    }
    assert!(!bench.data().with_file_name("ran").exists());
}

#[test]
fn names_go_with_their_integration_and_their_connection() {
    let bench = Bench::ready();
    bench.run(&["sync"]).ends(14);
    let names = || offered(&bench, &["grant", "--on", "group:fin"]);
    assert!(names().contains(&"group:Finance".to_owned()));
    // Several, and none is chosen.
    let file = bench.connection(json!({}));
    bench.run(&add("other", &file)).ends(0);
    assert_eq!(names(), [] as [&str; 0]);
    assert_eq!(offered(&bench, &["grant", "-iother", "--on", "group:fin"]), [] as [&str; 0]);
    for words in [
        &["grant", "-icontoso", "--on", "group:fin"][..],
        &["grant", "--integration=contoso", "--on", "group:fin"],
        &["grant", "--on", "group:fin", "-i", "contoso"],
    ] {
        let fish = |words: &[&str]| {
            // Fish passes on what stands before the cursor only.
            let mut command = asked(&bench, "zsh");
            let place = words.iter().position(|word| *word == "group:fin").unwrap() + 1;
            command.env("_CLAP_COMPLETE_INDEX", place.to_string());
            command.args(["--", "doorward"]).args(words);
            answer(command)
        };
        assert!(fish(words).contains(&r"group\:Finance".to_owned()), "{words:?}");
    }
    bench.run(&["integration", "use", "contoso"]).ends(0);
    assert!(names().contains(&"group:Finance".to_owned()));
    // What was seen in one place is not offered in another.
    let base = bench.base.replace("127.0.0.1", "localhost");
    let elsewhere = bench.connection(json!({"endpoints": {"login": base, "graph": base}}));
    let update = ["integration", "update", "contoso", "--connection", &elsewhere, "--yes"];
    bench.run(&update).ends(0);
    assert_eq!(names(), [] as [&str; 0]);
    bench.run(&["sync"]).ends(14);
    assert!(names().contains(&"group:Finance".to_owned()));
    bench.run(&["integration", "remove", "contoso", "--yes"]).ends(0);
    bench.run(&["integration", "remove", "other", "--yes"]).ends(0);
    bench.run(&add("contoso", &file)).ends(0);
    assert_eq!(names(), [] as [&str; 0]);
}
