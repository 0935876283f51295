//! Without a terminal: nothing waits for an answer, nothing is coloured, and programs get documents.

use serde_json::Value;

use super::rows;
use super::stage::Stage;
use crate::bench::{Bench, is_one_error};

#[test]
fn every_command_in_a_pipe() {
    let bench = Bench::new();
    let stage = Stage::of(&bench);
    for row in rows() {
        let what = row.command;
        let output = stage.run(row, &[]).ends(row.code);
        assert!(!format!("{}{}", output.stdout, output.stderr).contains('\u{1b}'), "{what}");
        assert!(!output.stdout.is_empty(), "{what} gives a result");
        let output = stage.run(row, &["-o", "json"]);
        if what == "demo" {
            assert_eq!(output.ends(2).error()["reason"], "demo-is-for-people");
            continue;
        }
        let output = output.ends(row.code);
        if !row.is_plain() {
            let document: Value = serde_json::from_str(&output.stdout).unwrap();
            assert_eq!(document["apiVersion"], "doorward/v1", "{what}");
        }
        for line in output.stderr.lines() {
            let note: Value =
                serde_json::from_str(line).unwrap_or_else(|_| panic!("{what}: {line}"));
            // A line of the log is none of ours.
            let is_log = note["level"].is_string();
            assert!(is_log || note["apiVersion"] == "doorward/v1", "{what}: {note}");
        }
    }
}

/// Nobody is there to say yes.
#[test]
fn what_must_be_confirmed_is_not_done() {
    let bench = Bench::new();
    let stage = Stage::of(&bench);
    let mut confirmed = 0;
    for row in rows().filter(|row| row.is_confirmed()) {
        confirmed += 1;
        let mut call = stage.call(row);
        call.words.pop();
        let writes = bench.writes();
        let before = stored(&stage, &call.data);
        let output = call.end(&bench, stage.start(&call, &[])).ends(9);
        is_one_error(&output);
        output.notes("--yes");
        let output = call.end(&bench, stage.start(&call, &["-o", "json"])).ends(9);
        assert_eq!(output.error()["reason"], "confirmation-needed", "{}", row.command);
        assert_eq!(bench.writes(), writes, "{}", row.command);
        assert_eq!(stored(&stage, &call.data), before, "{}", row.command);
    }
    assert!(confirmed >= 5, "{confirmed}");
}

/// All that is stored, as the program tells it.
fn stored(stage: &Stage<'_>, data: &std::path::Path) -> [String; 2] {
    [["integration", "list"], ["journal", "list"]].map(|list| {
        let words = [&list[..], &["-o", "json"]].concat();
        crate::bench::finish(stage.command(data, &words).spawn().unwrap()).ends(0).stdout
    })
}
