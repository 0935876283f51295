//! Versions and lints stand in one place, the workspace's manifest.

use crate::{nothing, packages, read, root};

/// What a member's manifest says that only the workspace's may say.
fn breaks(manifest: &str) -> Vec<String> {
    let mut breaks = Vec::new();
    if !manifest.contains("\n[lints]\nworkspace = true\n") {
        breaks.push("[lints] lacks `workspace = true`".to_owned());
    }
    let mut dependencies = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            // A table of one dependency hides its version from a reader of this list, and from us.
            if header.contains("dependencies.") {
                breaks.push(line.to_owned());
            }
            dependencies = header.ends_with("dependencies]");
        } else if dependencies && line.contains('=') && !line.starts_with('#') {
            let ours = line.contains("{ path = ") && !line.contains("version");
            if !line.contains("workspace = true") && !ours {
                breaks.push(line.to_owned());
            }
        }
    }
    breaks
}

#[test]
fn members_take_versions_and_lints_from_the_workspace() {
    let found: Vec<String> = packages()
        .iter()
        .flat_map(|package| {
            breaks(&read(&package.manifest_path))
                .into_iter()
                .map(|line| format!("{}: {line}", package.name))
        })
        .collect();
    nothing("the workspace's manifest says this, not a member's", &found);
}

/// The files that may hold unsafe code: the one that maps compiled code, and those whose functions a
/// component exports, which are C functions.
const UNSAFE: [&str; 3] = [
    "crates/doorward-guest/src/lib.rs",
    "crates/doorward-wasm/src/cache.rs",
    "tests/guests/former/src/lib.rs",
];

#[test]
fn unsafe_code_is_denied_but_where_it_is_reviewed() {
    assert!(read("Cargo.toml").contains("\n[workspace.lints.rust]\nunsafe_code = \"deny\"\n"));
    let mut allowing: Vec<String> = sources()
        .into_iter()
        .filter(|path| {
            let text = read(path);
            text.contains("allow(unsafe_code") || text.contains("    unsafe_code,")
        })
        .collect();
    allowing.sort();
    allowing.retain(|path| path != file!());
    assert_eq!(allowing, UNSAFE);
}

/// The Rust files of the workspace, from its root.
fn sources() -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting: Vec<_> =
        ["crates", "plugins", "tests", "xtask"].map(|name| root().join(name)).into();
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() && entry.file_name() != "node_modules" && entry.file_name() != "target"
            {
                waiting.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let path = path.strip_prefix(root()).unwrap();
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn a_version_of_its_own_is_found() {
    let manifest = "[package]\nversion = \"1\"\n\n[dependencies]\nserde.workspace = true\n\
                    # url = \"1\"\nbytes = { workspace = true, features = [\n  \"std\",\n] }\n\
                    ours = { path = \"../ours\" }\nlate = { path = \"../late\", version = \"1\" }\n\
                    regex = \"1\"\n\n[target.'cfg(unix)'.dependencies]\nnix = { version = \"1\" }\n\n\
                    [dev-dependencies.rand]\nversion = \"1\"\n\n[lints]\nclippy.all = \"allow\"\n";
    assert_eq!(
        breaks(manifest),
        [
            "[lints] lacks `workspace = true`",
            "late = { path = \"../late\", version = \"1\" }",
            "regex = \"1\"",
            "nix = { version = \"1\" }",
            "[dev-dependencies.rand]",
        ]
    );
}
