//! Completion: a shell asks with a half-written line.

use crate::bench::{Bench, finish};

/// What bash is offered for the last of these words.
fn offered(bench: &Bench, words: &[&str]) -> Vec<String> {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_doorward"));
    command
        .args(["--", "doorward"])
        .args(words)
        .env_clear()
        .env("HOME", bench.data().parent().unwrap())
        .env("DOORWARD_DATA_DIR", bench.data())
        .env("DOORWARD_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_IFS", "\n")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let output = finish(command.spawn().unwrap()).ends(0);
    assert_eq!(output.stderr, "", "{words:?}");
    output.stdout.lines().map(|line| line.trim().to_owned()).collect()
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
        assert!(found.iter().all(|one| one.starts_with("--")), "{words:?}: {found:?}");
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
