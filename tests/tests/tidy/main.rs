//! Keeps the house as drawn: who may call whom, what stays out, where things stand.
//!
//! Each rule is a pure function that names what breaks it, tried on the real thing and on a
//! made-up one that must not pass.
#![cfg(test)]

mod arrows;
mod connectors;
mod files;
mod manifests;
mod schemas;
mod wasm;

use cargo_metadata::{Metadata, MetadataCommand, Package};
use std::path::Path;

/// The workspace's folder.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The workspace's own packages.
fn packages() -> Vec<Package> {
    let metadata: Metadata = MetadataCommand::new().current_dir(root()).no_deps().exec().unwrap();
    metadata.packages
}

/// Whether the package is a connector: it lies in `plugins`.
fn is_plugin(package: &Package) -> bool {
    package.manifest_path.components().any(|part| part.as_str() == "plugins")
}

/// A component for the tests, in `tests/guests`.
fn is_guest(package: &Package) -> bool {
    package.manifest_path.components().any(|part| part.as_str() == "guests")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Fails with the rule and everything that breaks it.
fn nothing(rule: &str, breaks: &[String]) {
    assert!(breaks.is_empty(), "{rule}:\n  {}", breaks.join("\n  "));
}
