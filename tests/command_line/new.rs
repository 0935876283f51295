//! `doorward new connector`: what is written, and what is refused. That it builds and keeps the rules
//! is what `cargo xtask tutorial` tries.

use serde_json::json;

use crate::bench::Bench;

#[test]
fn a_new_connector_is_written_as_a_whole() {
    let bench = Bench::new();
    let place = bench.data().parent().unwrap().to_owned();
    let output = bench.run(&["new", "connector", "chess-club", "--lang", "python"]).ends(0);
    let output = output.says("Wrote the connector chess-club into the directory chess-club (");
    output.says("  cd chess-club\n  python3 simulated_target.py\n");
    let directory = place.join("chess-club");
    assert!(directory.join(".gitignore").is_file() && directory.join("wit/world.wit").is_file());
    let readme = std::fs::read_to_string(directory.join("README.md")).unwrap();
    assert!(readme.starts_with("# Chess Club: a connector for Doorward\n"), "{readme}");

    let words = ["new", "connector", "chess-club", "--lang", "js"];
    let error = bench.fails(&words, 2);
    assert_eq!(error["reason"], "directory-exists");
    let words = ["new", "connector", "go-club", "--lang", "js"];
    let written = bench.json(&words, "NewConnector");
    assert_eq!((&written["id"], &written["directory"]), (&json!("go-club"), &json!("go-club")));
    for file in written["files"].as_array().unwrap() {
        assert!(place.join("go-club").join(file.as_str().unwrap()).is_file(), "{file}");
    }
    let left = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name());
    let left = left.filter(|name| name.to_string_lossy().contains(".doorward-new-"));
    assert_eq!(left.count(), 0, "nothing half written is left");
}

#[test]
fn a_connector_in_rust_needs_a_checkout() {
    let bench = Bench::new();
    let words = ["new", "connector", "chess-club", "--lang", "rust"];
    let error = bench.fails(&words, 2);
    assert_eq!(error["reason"], "checkout-needed");
    assert!(error["remedy"].as_str().unwrap().contains("--checkout"), "{error}");
    let checkout = std::path::absolute("../..").unwrap();
    let words = [&words[..], &["--checkout", checkout.to_str().unwrap()]].concat();
    bench.run(&words).ends(0).says("cargo run --example simulated_target");
    let manifest = bench.data().with_file_name("chess-club").join("Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    assert!(manifest.contains("name = \"chess-club\""), "{manifest}");
    assert!(manifest.contains("/crates/doorward-core\""), "{manifest}");
}

#[test]
fn a_name_that_no_connector_can_have() {
    let bench = Bench::new();
    for name in ["Chess", "chess club", "../chess", "chess-", "entra-id"] {
        let error = bench.fails(&["new", "connector", name, "--lang", "python"], 2);
        assert_eq!(error["reason"], "connector-name", "{name}");
    }
    bench.run(&["new", "connector", "chess"]).ends(2).notes("--lang");
    bench.run(&["new", "connector", "chess", "--lang", "cobol"]).ends(2).notes("python");
}
