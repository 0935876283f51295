//! Secrets that a program prints.
#![cfg(unix)]

use entra_sim::{Answer, Fault, Matcher, cast};
use serde_json::json;

use crate::bench::{Bench, Output, add, files, finish};

/// A program in the test's directory.
fn program(bench: &Bench, name: &str, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = bench.file(name, &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

fn run(bench: &Bench, arguments: &[&str]) -> Output {
    let mut command = bench.command(arguments);
    command.env("PATH", "/usr/bin:/bin");
    finish(command.spawn().unwrap())
}

#[test]
fn a_program_gives_the_secret_each_time() {
    let bench = Bench::new();
    let script = format!(
        "[ \"$1\" = show ] || exit 9\necho asked >> asked\necho '{}'\necho 'user: x'",
        cast::SECRET
    );
    let keeper = program(&bench, "keeper", &script);
    let file = bench.connection(json!({"secret": {"command": ["./keeper", "show"]}}));
    run(&bench, &["validate", "entra-id", &file]).ends(0);
    run(&bench, &add("contoso", &file)).ends(0);
    for _ in 0..2 {
        run(&bench, &["check"]).ends(0).says("Connected to Contoso");
    }
    let asked = std::fs::read_to_string(bench.data().parent().unwrap().join("asked")).unwrap();
    assert_eq!(asked.lines().count(), 4);
    let shown = bench.json(&["integration", "show", "contoso"], "Integration");
    let source = &shown["item"]["secrets"][0]["source"];
    assert_eq!(source, &json!({"command": [keeper, "show"]}), "{shown}");
    bench.run(&["integration", "show", "contoso"]).ends(0).says("read from the program ");
    for file in files(&bench.data()) {
        let content = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!content.contains(cast::SECRET), "{}", file.display());
    }
    assert!(bench.run(&["schema", "entra-id"]).ends(0).stdout.contains("Printed by a program"));
}

#[test]
fn a_program_that_fails_is_named_and_its_output_is_not_shown() {
    let bench = Bench::new();
    for (script, code, said) in [
        ("echo canary; echo whisper >&2; exit 4", 3, "exit status: 4"),
        ("echo whisper >&2", 3, "an empty secret"),
    ] {
        program(&bench, "keeper", script);
        let command = json!({"command": ["./keeper", "canary"]});
        let file = bench.connection(json!({"secret": command}));
        let validate = ["validate", "entra-id", &file];
        let quiet = run(&bench, &validate).ends(code);
        assert!(!quiet.stderr.contains("whisper"), "{}", quiet.stderr);
        let quiet = quiet.notes(said).notes("./keeper").notes("do: ");
        let loud = run(&bench, &[&validate[..], &["-v"]].concat()).ends(code).notes("whisper");
        for output in [quiet, loud] {
            assert!(!format!("{output:?}").contains("canary"), "{output:?}");
        }
        let error = run(&bench, &[&validate[..], &["-o", "json"]].concat()).error();
        assert_eq!(error["kind"], "invalid-connection", "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    let file = bench.connection(json!({"secret": {"command": ["no-such-keeper"]}}));
    run(&bench, &["validate", "entra-id", &file]).ends(3).notes("`no-such-keeper`");
}

/// The secret cannot be had any more, and its program would leave a mark.
#[test]
fn what_asks_nobody_needs_no_secret() {
    let bench = Bench::new();
    let script =
        format!("[ -e closed ] && touch mark && exit 4\necho '{secret}'", secret = cast::SECRET);
    program(&bench, "keeper", &script);
    let with = |arguments: &[&str]| {
        let mut command = bench.command(arguments);
        command.env("PATH", "/usr/bin:/bin").env("CONTOSO_SECRET", cast::SECRET);
        finish(command.spawn().unwrap())
    };
    for (name, source) in [
        ("variable", json!({"env": "CONTOSO_SECRET"})),
        ("program", json!({"command": ["./keeper"]})),
    ] {
        let file = bench.connection(json!({"secret": source}));
        with(&add(name, &file)).ends(0);
        for words in [&["group:Finance"][..], &["au:EMEA"], &["--principals", "guest"]] {
            with(&[&["integration", "allow", "-i", name], words].concat()).ends(0);
        }
        with(&["integration", "protect", "alice@contoso.com", "-i", name]).ends(0);
        with(&["sync", "-i", name]).ends(14);
    }
    bench.file("closed", "");
    let mark = bench.data().with_file_name("mark");
    let alice = format!("user:id={}", cast::ALICE);
    let asked = bench.simulator.trace().len();
    for name in ["variable", "program"] {
        for (words, code) in [
            (&["list", "accounts"][..], 14),
            (&["list", "resources"], 14),
            (&["list", "grants"], 14),
            (&["access", "list", "--on", "group:Engineering", "--last-sync"], 0),
            (&["access", "list", "--for", "bob@contoso.com", "--last-sync"], 14),
            (
                &[
                    "access",
                    "explain",
                    "--for",
                    "bob@contoso.com",
                    "--on",
                    "group:Engineering",
                    "--last-sync",
                ],
                14,
            ),
            (&["integration", "policy", "show"], 0),
            (&["integration", "allow", "--all-groups"], 0),
            (&["integration", "allow", "--all-groups", "--remove"], 0),
            (&["integration", "allow", "--principals", "guest", "--remove"], 0),
            (&["integration", "allow", "group:Finance", "--remove"], 0),
            (&["integration", "allow", "au:EMEA", "--remove"], 0),
            (&["integration", "protect", &alice, "--remove"], 0),
        ] {
            run(&bench, &[words, &["-i", name]].concat()).ends(code);
            assert!(!mark.exists(), "{words:?}");
        }
        // A look needs it, and says what is missing.
        let check = run(&bench, &["check", "-i", name]).ends(3);
        let missing = if name == "variable" { "CONTOSO_SECRET" } else { "keeper" };
        check.notes(missing).notes("do: ");
    }
    assert!(mark.exists());
    assert_eq!(bench.simulator.trace().len(), asked, "nobody was asked");
}

/// What can be seen counts, not what is said: without the secret nothing can.
#[test]
fn nothing_is_closed_by_hand_while_the_secret_cannot_be_had() {
    let bench = Bench::new();
    let with = |arguments: &[&str]| {
        let mut command = bench.command(arguments);
        finish(command.env("CONTOSO_SECRET", cast::SECRET).spawn().unwrap())
    };
    let file = bench.connection(json!({"secret": {"env": "CONTOSO_SECRET"}}));
    with(&add("contoso", &file)).ends(0);
    with(&["integration", "allow", "group:Works Council"]).ends(0);
    let mut when = Matcher::once("/v1.0/groups/");
    when.method = Some(http::Method::DELETE);
    bench.simulator.inject(Fault { when, what: Answer::ResetBefore });
    let revoke = ["revoke", "--from", "dave@contoso.com", "--on", "group:Works Council", "--yes"];
    with(&revoke).ends(13);
    let entries = with(&["journal", "list", "-o", "json"]).document("JournalList");
    let id = entries["items"][0]["id"].as_str().unwrap();
    let close = ["journal", "close", id, "--outcome", "applied", "--reason", "I think so", "--yes"];
    let asked = bench.simulator.trace().len();
    bench.run(&close).ends(3).notes("CONTOSO_SECRET");
    assert_eq!(bench.simulator.trace().len(), asked);
    let entries = with(&["journal", "list", "-o", "json"]).document("JournalList");
    assert_eq!(entries["items"][0]["state"], "open", "{entries}");
}
