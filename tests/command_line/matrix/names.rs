//! Names that deceive: in the directory, and in what the operator types or pastes.

use entra_sim::Kind;

use super::stage::Stage;
use super::{Row, rows};
use crate::bench::{Bench, Output, is_one_error};

/// Steers a terminal, rings, turns the direction of text, begins a line of its own.
const HOSTILE: &str = "\u{1b}[31m\u{202e}\u{7}\u{200b}x\r\nerror: I am a line of my own";

/// Nothing of it steers the terminal or passes for a line of ours.
#[track_caller]
fn is_clean(what: &str, output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        let text = text.replace("\r\n", "\n");
        let bad = |character: &char| {
            (character.is_control() && !['\n', '\t'].contains(character))
                || ['\u{202e}', '\u{200b}'].contains(character)
        };
        let found = text.chars().find(bad);
        assert_eq!(found, None, "{what}: {text:?}");
        let own = text.lines().find(|line| line.starts_with("error: I am"));
        assert_eq!(own, None, "{what}: {text:?}");
    }
}

#[test]
fn every_command_on_a_tenant_whose_names_deceive() {
    let bench = Bench::new();
    let mut renamed = 0;
    for kind in Kind::ALL {
        let ids = bench.simulator.tenant().ids(kind);
        for id in ids {
            let mut tenant = bench.simulator.tenant();
            let name = tenant.display_name(&id).unwrap_or_default().to_owned();
            renamed += usize::from(tenant.rename(&id, &format!("={name}{HOSTILE}")));
        }
    }
    assert!(renamed > 50, "{renamed}");
    let stage = Stage::of(&bench);
    let mut shown = 0;
    for row in rows() {
        for format in ["table", "wide", "csv", "tsv", "name"] {
            let output = stage.run(row, &["-o", format]);
            let is_list = output.code == row.code || format == "table";
            let output = output.ends(if is_list { row.code } else { 2 });
            is_clean(&format!("{} -o {format}", row.command), &output);
            shown += usize::from(output.stdout.contains("I am a line of my own"));
        }
    }
    assert!(shown > 20, "the names are shown: {shown}");
}

/// Every word in turn is one that deceives: a name, a file, an id, a reason.
#[test]
fn every_command_with_words_that_deceive() {
    let bench = Bench::new();
    let stage = Stage::of(&bench);
    for row in rows() {
        for place in 0..row.words.len() + 1 {
            // The names of options are no words of the operator's.
            if row.words.get(place).is_some_and(|word| word.starts_with('-')) {
                continue;
            }
            with_a_word(&bench, &stage, row, place);
        }
    }
    for option in ["--output", "--data-dir", "--config", "--ca-file", "--proxy", "--columns"] {
        let output = bench.run(&["integration", "list", option, HOSTILE]);
        is_clean(option, &output);
        assert!([0, 2].contains(&output.code), "{option}: {output:?}");
    }
}

fn with_a_word(bench: &Bench, stage: &Stage<'_>, row: &Row, place: usize) {
    let mut call = stage.call(row);
    let place = row.command.split(' ').count() + place;
    match call.words.get_mut(place) {
        Some(word) => *word = HOSTILE.to_owned(),
        None => call.words.push(HOSTILE.to_owned()),
    }
    let what = format!("{:?}", call.words);
    let output = if row.command == "sim" {
        // It would run on under a name that the test does not look for.
        crate::bench::finish(stage.start(&call, &["--https"]))
    } else {
        call.end(bench, stage.start(&call, &[]))
    };
    is_clean(&what, &output);
    // 9: by then `plugin build --file` wrote a component under that name, which asks before it is tried.
    assert!([0, 2, 3, 6, 9, 14].contains(&output.code), "{what}: {output:?}");
    if output.code != row.code {
        is_one_error(&output);
        let output = stage
            .start(&call, &["-o", "json", "--https"][..if row.command == "sim" { 3 } else { 2 }]);
        let error = crate::bench::finish(output).error();
        assert!(error["remedy"].is_string(), "{what}: {error}");
    }
}
