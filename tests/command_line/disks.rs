//! Disks that are full at each step of a change, and several commands at once: the right result, or
//! one clear error.
#![cfg(unix)]

use entra_sim::cast;
use serde_json::json;
use std::process::{Command, Stdio};

use crate::bench::{Bench, Output, add, files, finish, is_one_error};

fn grant(who: &str) -> [&str; 6] {
    ["grant", "--to", who, "--on", "group:Finance", "--yes"]
}

/// The same command with files that cannot grow beyond so many blocks of 512 bytes: to it the disk
/// is full.
pub(crate) fn little_space(command: &Command, blocks: usize) -> Command {
    // Without the trap the system would end the program instead of refusing to write.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut little = Command::new("/bin/sh");
    little.args(["-c", &script]).arg(command.get_program()).args(command.get_args()).env_clear();
    little.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    little.current_dir(command.get_current_dir().unwrap());
    little.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    little
}

/// Runs the program on such a disk.
pub(crate) fn with_little_space(bench: &Bench, blocks: usize, arguments: &[&str]) -> Output {
    finish(little_space(&bench.command(arguments), blocks).spawn().unwrap())
}

/// The disk is full at each step of a change in turn.
#[test]
fn a_disk_that_is_full() {
    let bench = Bench::ready();
    let mut endings = std::collections::BTreeSet::new();
    for blocks in (0..200).step_by(8) {
        // Somebody new each time: what came of it can be seen at once.
        let who = format!("new{blocks}@contoso.com");
        bench.simulator.tenant().add_user("Somebody New", &who);
        let before = bench.json(&["journal", "list"], "JournalList");
        let before = before["items"].as_array().unwrap().len();
        let writes = bench.writes();
        let output = with_little_space(&bench, blocks, &grant(&who));
        endings.insert(output.code);
        let sent = bench.writes() - writes;
        match output.code {
            0 | 12 => assert_eq!(sent, 1, "{blocks}: {output:?}"),
            _ => {
                is_one_error(&output);
                assert_eq!(sent, 0, "{blocks}: {output:?}");
            }
        }
        // With space again, the next command knows what was sent.
        bench.run(&["check"]).ends(0);
        let after = bench.json(&["journal", "list"], "JournalList");
        let items = after["items"].as_array().unwrap();
        assert!(items.len() - before >= sent, "{blocks}: what was sent is in the journal");
        assert!(items.iter().all(|entry| entry["state"] == "settled"), "{blocks}: {after}");
    }
    assert!(endings.contains(&0) && endings.len() > 1, "{endings:?}");
}

#[test]
fn a_disk_that_is_full_at_the_very_start_or_for_a_backup() {
    let bench = Bench::new();
    for blocks in [0, 1, 8] {
        let output = with_little_space(&bench, blocks, &["integration", "list"]).ends(2);
        is_one_error(&output);
    }
    bench.add();
    let output = with_little_space(&bench, 40, &["backup", "kept.db"]);
    assert_ne!(output.code, 0, "{output:?}");
    is_one_error(&output);
    let left: Vec<_> = files(bench.data().parent().unwrap())
        .into_iter()
        .filter(|path| path.to_string_lossy().contains("backup") || path.ends_with("kept.db"))
        .collect();
    assert_eq!(left, [] as [std::path::PathBuf; 0]);
    bench.run(&["check"]).ends(0);
}

#[test]
fn several_commands_at_once() {
    let bench = Bench::new();
    // The very first start, by eight at once.
    let at_once = |commands: &[&[&str]]| -> Vec<Output> {
        let children: Vec<_> =
            commands.iter().map(|arguments| bench.command(arguments).spawn().unwrap()).collect();
        children.into_iter().map(finish).collect()
    };
    for output in at_once(&[&["integration", "list"][..]; 8]) {
        output.ends(0).says("There is no integration yet.");
    }
    let file = bench.connection(json!({}));
    let add = add("contoso", &file);
    let mut codes: Vec<i32> = at_once(&[&add[..]; 4]).iter().map(|output| output.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 2, 2, 2], "one has the name");
    bench.run(&["integration", "allow", "--all-groups"]).ends(0);
    let grants =
        [grant("alice@contoso.com"), grant("alice@contoso.com"), grant("dave@contoso.com")];
    let grants: Vec<&[&str]> = grants.iter().map(|words| &words[..]).collect();
    for output in at_once(&grants) {
        output.ends(0);
    }
    let members = bench.simulator.tenant().members(cast::FINANCE);
    assert!(members.contains(&cast::ALICE.to_owned()), "{members:?}");
    assert_eq!(
        bench.json(&["journal", "list"], "JournalList")["items"].as_array().unwrap().len(),
        3
    );
    // Keys and backups beside them: done, or refused in one sentence.
    for output in at_once(&[&["rotate-key"], &["rotate-key"], &["check"], &["backup", "kept.db"]]) {
        if output.code != 0 {
            is_one_error(&output);
            output.ends(11).notes("Another Doorward is using this data directory");
        }
    }
    bench.run(&["check"]).ends(0);
}
