//! Where what is stored cannot be written, and two commands at once.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::stage::Stage;
use super::{ROWS, Row, is_result_or_error, rows};
use crate::bench::{Bench, files, finish, is_one_error};
use crate::disks::little_space;

/// Somebody who is not root, for whom permissions count.
const NOBODY: u32 = 65_534;

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The same program and words, by somebody else, who may go into the bench's directory.
fn by_nobody(bench: &Bench, program: &Path, command: &Command) -> Command {
    let directory = bench.data().parent().unwrap().to_owned();
    let is_root = std::fs::metadata(&directory).unwrap().uid() == 0;
    let mut by_nobody = Command::new(program);
    by_nobody.args(command.get_args()).env_clear().env("HOME", "/nowhere");
    by_nobody.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    by_nobody.current_dir(&directory);
    if is_root {
        by_nobody.uid(NOBODY).gid(NOBODY);
    }
    by_nobody
}

fn all_of(data: &Path) -> Vec<PathBuf> {
    let mut all = files(data);
    let inner = ["locks", "plugins/compiled", "plugins"].map(|name| data.join(name));
    all.extend(inner.into_iter().filter(|path| path.is_dir()));
    all.push(data.to_owned());
    all
}

#[test]
fn every_command_on_a_data_directory_that_can_only_be_read() {
    let bench = Bench::new();
    let stage = Stage::of(&bench);
    let directory = bench.data().parent().unwrap().to_owned();
    // Where the program lies, nobody may be allowed to look. New files have a place that is not
    // the data directory's fault.
    let program = directory.join("doorward");
    std::fs::copy(env!("CARGO_BIN_EXE_doorward"), &program).unwrap();
    let elsewhere = directory.join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    set_mode(&elsewhere, 0o777);
    set_mode(&directory, 0o755);
    for file in ["connection.json", "kept.db", "changes.csv", "plan.json"] {
        set_mode(&directory.join(file), 0o644);
    }
    // As long as it may be written, all is well.
    let call = stage.call(&ROWS[0]);
    for path in all_of(&call.data) {
        let _ = chown(path, Some(NOBODY), Some(NOBODY));
    }
    let command = stage.command(&call.data, &["check"]);
    finish(by_nobody(&bench, &program, &command).spawn().unwrap()).ends(0);
    let writes = bench.writes();
    for row in rows() {
        let mut call = stage.call(row);
        call.new_in(&elsewhere);
        let all = all_of(&call.data);
        for path in &all {
            // Where the owner is root, nobody owns it, as if it were theirs.
            let _ = chown(path, Some(NOBODY), Some(NOBODY));
            set_mode(path, if path.is_dir() { 0o500 } else { 0o400 });
        }
        let command = stage.command(&call.data, &call.words);
        let mut command = by_nobody(&bench, &program, &command);
        let child = command.current_dir(&elsewhere).spawn().unwrap();
        let output = call.end(&bench, child);
        for path in all.iter().rev() {
            set_mode(path, 0o700);
        }
        if row.stored {
            let output = output.ends(2);
            is_one_error(&output);
            output.notes("--data-dir");
        } else {
            output.ends(row.code);
        }
    }
    assert_eq!(bench.writes(), writes, "nothing was sent");
}

#[test]
fn every_command_on_a_full_disk() {
    let bench = Bench::new();
    let stage = Stage::of(&bench);
    let mut errors = 0;
    for row in rows() {
        // Nothing, what a database needs to be opened, and a little more.
        let sizes: &[usize] = if row.stored { &[0, 64, 96] } else { &[0, 64] };
        // The limit that stands for a full disk holds for memory with the look of a file, too, which
        // components run in, and which no disk is needed for.
        if row.command.starts_with("plugin ")
            && !["plugin list", "plugin remove"].contains(&row.command)
        {
            continue;
        }
        for &blocks in sizes {
            let call = stage.call(row);
            let command = stage.command(&call.data, &call.words);
            let child = little_space(&command, blocks).spawn().unwrap();
            let mut output = call.end(&bench, child);
            if row.command == "demo" {
                // The story was told until then.
                output.stdout.clear();
            }
            // Done, but not written down: said as such.
            let in_part = output.code == 12 && ["grant", "revoke"].contains(&row.command);
            let done = in_part || is_result_or_error(row, &output, &[2]);
            errors += usize::from(!done);
            let writes = row.stored || ["demo", "sim", "new connector"].contains(&row.command);
            assert!(writes || done, "{} writes nothing", row.command);
            is_intact(&stage, &call.data, row);
            // With space again, it can be done.
            if !done {
                call.end(&bench, stage.start(&call, &[])).ends(row.code);
            }
        }
    }
    assert!(errors > 20, "{errors}");
}

/// What is stored can be used as before: integration, key and snapshot.
#[track_caller]
fn is_intact(stage: &Stage<'_>, data: &Path, row: &Row) {
    let mut list = stage.command(data, &["list", "accounts", "-i", "contoso"]);
    let output = finish(list.spawn().unwrap());
    let removed = row.command == "integration remove" && output.code == 6;
    assert!(removed || output.code == 14, "{}: {output:?}", row.command);
}

#[test]
fn every_command_twice_at_once() {
    let bench = Bench::new();
    let stage = Stage::of(&bench);
    for row in rows() {
        let call = stage.call(row);
        // Each simulation has a file of its own, by which the test finds it.
        let other = if row.command == "sim" { stage.call(row) } else { call.clone() };
        let both = [&call, &other].map(|call| (call, stage.start(call, &[])));
        // The name or the file is taken, it is gone already, it is settled already, or busy.
        let done = both.map(|(call, child)| {
            let output = call.end(&bench, child);
            is_result_or_error(row, &output, &[2, 6, 11])
        });
        assert!(done.contains(&true), "{}: one of them at least", row.command);
        is_intact(&stage, &call.data, row);
    }
}
