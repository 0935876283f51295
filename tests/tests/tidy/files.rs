//! What the repository holds.

use crate::{nothing, root};
use std::path::Path;
use std::process::Command;

/// More than this is more than one thing.
const MOST_LINES: usize = 700;

/// Build output, by the ends of names.
const BUILT: [&str; 9] = [".a", ".d", ".exe", ".o", ".profraw", ".rlib", ".rmeta", ".so", ".wasm"];

/// Paths of one machine and hosts of package registries. In pieces, or this file would be found.
const STRANGE: [&str; 7] = [
    concat!("/wor", "k/"),
    concat!("/ro", "ot/"),
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("debian", ".org"),
];

/// What is wrong with a file of this name and content.
fn breaks(path: &str, content: &str) -> Vec<String> {
    let mut breaks = Vec::new();
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    if folders.split('/').any(|folder| folder == "target")
        || BUILT.iter().any(|end| path.ends_with(end))
    {
        breaks.push(format!("{path}: build output"));
    }
    // The lock file names the registry's index as every lock file does.
    if !path.ends_with("Cargo.lock") {
        for (number, line) in (1..).zip(content.lines()) {
            for strange in STRANGE.iter().filter(|strange| line.contains(**strange)) {
                breaks.push(format!("{path}:{number}: `{strange}`"));
            }
        }
    }
    let lines = content.lines().count();
    let written = [".md", ".rs", ".toml"].iter().any(|end| path.ends_with(end));
    if written && lines > MOST_LINES {
        breaks.push(format!("{path}: {lines} lines, {MOST_LINES} at most"));
    }
    breaks
}

#[test]
fn files_are_ours_small_and_the_same_on_every_machine() {
    // What is not ignored and not added yet is about to be committed.
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).unwrap();
    let paths: Vec<&str> = paths.split_terminator('\0').collect();
    assert!(paths.contains(&"Cargo.toml"), "git listed {} files", paths.len());
    let found: Vec<String> = paths
        .into_iter()
        // A file that was deleted and is not committed yet has no content.
        .filter(|path| root().join(path).is_file())
        .flat_map(|path| breaks(path, &content(&root().join(path))))
        .collect();
    nothing("these do not belong in the repository", &found);
}

/// The text of a file; a picture's is damaged, and no rule is about it.
fn content(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
}

#[test]
fn what_does_not_belong_is_found() {
    let path = concat!("see /wor", "k/main");
    assert_eq!(breaks("a/target/b.txt", ""), ["a/target/b.txt: build output"]);
    assert_eq!(breaks("plugin.wasm", ""), ["plugin.wasm: build output"]);
    assert_eq!(breaks("a.json", &format!("one\n{path}\n")), [concat!("a.json:2: `/wor", "k/`")]);
    assert_eq!(breaks("a.rs", &"\n".repeat(701)), ["a.rs: 701 lines, 700 at most"]);
    assert_eq!(breaks("src/target.rs", &"\n".repeat(700)), [] as [&str; 0]);
    assert_eq!(breaks("schemas/a.json", &"\n".repeat(701)), [] as [&str; 0]);
}
