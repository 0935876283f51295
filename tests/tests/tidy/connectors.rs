//! Only linked crates register themselves, and one file of the binary links them.

use crate::{is_plugin, nothing, packages, read};

const FILE: &str = "crates/doorward/src/connectors.rs";

/// What is in one list and not in the other: the file's lines `use NAME as _;` and the plugins.
fn breaks(file: &str, plugins: &[String]) -> Vec<String> {
    let linked: Vec<&str> =
        file.lines().filter_map(|line| line.strip_prefix("use ")?.strip_suffix(" as _;")).collect();
    let missing = plugins
        .iter()
        .filter(|plugin| !linked.contains(&plugin.as_str()))
        .map(|plugin| format!("`use {plugin} as _;` is missing"));
    let strange = linked
        .iter()
        .filter(|name| !plugins.iter().any(|plugin| plugin == *name))
        .map(|name| format!("{name} is no plugin"));
    missing.chain(strange).collect()
}

#[test]
fn the_binary_links_each_connector() {
    let plugins: Vec<String> = packages()
        .iter()
        .filter(|package| is_plugin(package))
        .map(|package| package.name.replace('-', "_"))
        .collect();
    assert_eq!(plugins, ["doorward_entra_id"], "a new connector is pinned here");
    nothing(FILE, &breaks(&read(FILE), &plugins));
}

#[test]
fn a_forgotten_connector_is_found() {
    let plugins = ["one".to_owned(), "two".to_owned()];
    assert_eq!(
        breaks("//! Connectors.\n\nuse one as _;\nuse old as _;\n", &plugins),
        ["`use two as _;` is missing", "old is no plugin"]
    );
}
