//! How the program ends: by signals, by readers that go away, by outputs that are full.
#![cfg(unix)]

use entra_sim::{Answer, Fault, Matcher};
use std::cell::RefCell;
use std::fs::File;
use std::process::{Child, Command};

use crate::bench::{Bench, finish};

/// A command that waits for an answer that never comes.
pub(crate) fn waiting(bench: &Bench) -> Child {
    let mut when = Matcher::always("/v1.0/groups");
    when.method = Some(http::Method::GET);
    bench.simulator.inject(Fault { when, what: Answer::NoAnswer });
    let asked = bench.simulator.trace().len();
    let child = bench.command(&["access", "list", "--on", "group:Finance"]).spawn().unwrap();
    let groups = || bench.simulator.trace().iter().skip(asked).any(|one| one.method == "GET");
    bench.wait_until(groups);
    child
}

pub(crate) fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn each_wish_to_stop_is_heard() {
    let bench = Bench::ready();
    for signal in ["-INT", "-TERM", "-HUP"] {
        let child = waiting(&bench);
        send(&child, signal);
        let output = finish(child).ends(130);
        assert_eq!(output.stderr, "Stopped. No change was under way.\n", "{signal}");
        assert_eq!(output.stdout, "");
    }
}

/// The program waits for another one that gives a secret, and would for ten seconds.
#[test]
fn a_second_signal_does_not_wait() {
    let bench = Bench::new();
    let script = "echo > begun; exec sleep 30";
    let secret = serde_json::json!({"command": ["sh", "-c", script]});
    let file = bench.connection(serde_json::json!({"secret": secret}));
    let mut command = bench.command(&["validate", "entra-id", &file]);
    let child = RefCell::new(command.env("PATH", "/usr/bin:/bin").spawn().unwrap());
    let begun = bench.data().parent().unwrap().join("begun");
    bench.wait_until(|| begun.exists());
    bench.wait_until(|| {
        let mut child = child.borrow_mut();
        let ended = child.try_wait().unwrap();
        if ended.is_none() {
            send(&child, "-INT");
        }
        ended.is_some()
    });
    assert_eq!(child.into_inner().wait().unwrap().code(), Some(130));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let bench = Bench::ready();
    for command in [
        &["schema", "entra-id"][..],
        &["--help"],
        &["access", "list", "--on", "group:Finance", "-o", "jsonl"],
        &["integration", "list", "-vvv"],
        &["check", "-vvv"],
        &["no-such-command"],
    ] {
        let closed = || {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            writer
        };
        let mut child = bench.command(command);
        let silent = child.stdout(closed()).stderr(closed()).status().unwrap();
        let expected = if command == ["no-such-command"] { 2 } else { 0 };
        assert_eq!(silent.code(), Some(expected), "{command:?}");
        let mut child = bench.command(command);
        let output = finish(child.stdout(closed()).spawn().unwrap());
        assert_eq!(output.code, expected, "{command:?}");
        assert!(!output.stderr.contains("could not be written"), "{}", output.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_does_not_fit_is_an_error() {
    let bench = Bench::ready();
    for command in [
        &["schema", "entra-id"][..],
        &["integration", "list", "-o", "csv"],
        &["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = finish(bench.command(command).stdout(full).spawn().unwrap()).ends(2);
        let errors = output.stderr.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, 1, "{}", output.stderr);
        output.notes("could not be written to standard output").notes("do: ");
    }
    bench.run(&["journal", "list"]).ends(0).says("Granted");
}

#[cfg(target_os = "linux")]
#[test]
fn its_memory_is_never_written_to_a_disk() {
    let bench = Bench::ready();
    let child = waiting(&bench);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let numbers: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(numbers, ["0", "0"], "{core}");
    send(&child, "-TERM");
    finish(child).ends(130);
}

#[test]
fn the_version_says_what_was_built() {
    let bench = Bench::new();
    let short = bench.run(&["-V"]).ends(0).stdout;
    assert_eq!(short, format!("doorward {}\n", env!("CARGO_PKG_VERSION")));
    let long = bench.run(&["--version"]).ends(0).says(short.trim()).stdout;
    for part in ["commit:  ", "rustc:   rustc 1.", "target:  ", "profile: "] {
        assert!(long.contains(part), "{long}");
    }
}
