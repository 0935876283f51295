//! What lies in the folder of plugins and was changed, damaged or deleted.

use serde_json::json;

use super::{component, file, install, kept};
use crate::bench::{Bench, is_one_error};

/// A bench with the installed plugin, and a connection for it.
fn ready() -> Option<(Bench, String)> {
    let component = component()?;
    let bench = Bench::new();
    install(&bench, &file(&bench, "entra.wasm", &component));
    let connection = bench.connection(json!({}));
    Some((bench, connection))
}

#[test]
fn a_flipped_byte_in_compiled_code_is_found_and_compiled_anew() {
    let Some((bench, connection)) = ready() else { return };
    let validate = ["validate", "entra-component", &connection];
    let quiet = bench.run(&validate).ends(0);
    assert!(!quiet.stderr.contains("compiled code"), "{}", quiet.stderr);
    let compiled = kept(&bench, ".compiled");
    let right = std::fs::read(&compiled).unwrap();
    let mut flipped = right.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    std::fs::write(&compiled, &flipped).unwrap();
    bench.run(&validate).ends(0).notes("compiled code was changed by somebody else");
    assert_eq!(std::fs::read(&compiled).unwrap(), right, "it was mended");
    let quiet = bench.run(&validate).ends(0);
    assert!(!quiet.stderr.contains("compiled code"), "{}", quiet.stderr);
    // Another key vouches for nothing that was there before.
    std::fs::write(kept(&bench, "compiled/key"), [7; 32]).unwrap();
    bench.run(&validate).ends(0).notes("compiled code was changed by somebody else");
    std::fs::remove_dir_all(bench.data().join("plugins/compiled")).unwrap();
    bench.run(&validate).ends(0);
}

#[test]
fn a_component_that_was_changed_is_never_compiled() {
    let Some((bench, connection)) = ready() else { return };
    let path = kept(&bench, ".wasm");
    let right = std::fs::read(&path).unwrap();
    std::fs::write(&path, super::other(&right)).unwrap();
    std::fs::remove_file(kept(&bench, ".compiled")).unwrap();
    for words in [&["plugin", "verify"][..], &["validate", "entra-component", &connection]] {
        assert_eq!(bench.fails(words, 9)["reason"], "plugin-changed", "{words:?}");
    }
    std::fs::remove_file(&path).unwrap();
    for words in [&["plugin", "verify"][..], &["validate", "entra-component", &connection]] {
        let error = bench.fails(words, 2);
        assert_eq!(error["reason"], "plugin-damaged", "{words:?}");
        let remedy = error["remedy"].as_str().unwrap();
        assert!(remedy.contains("plugin remove entra-component"), "{remedy}");
    }
    // What needs no component works, and installing it again mends it.
    bench.run(&["connector", "list"]).ends(0).says("entra-component");
    install(&bench, bench.data().with_file_name("entra.wasm").to_str().unwrap());
    bench.run(&["plugin", "verify"]).ends(0);
}

#[test]
fn a_descriptor_that_was_changed_is_not_believed() {
    let Some((bench, connection)) = ready() else { return };
    let path = crate::bench::files(&bench.data().join("plugins"))
        .into_iter()
        .find(|path| {
            path.extension().is_some_and(|end| end == "json") && !path.ends_with("lock.json")
        })
        .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("User.Read.All", "User.Read.Own")).unwrap();
    for words in [
        &["connector", "show", "entra-component"][..],
        &["validate", "entra-component", &connection],
        &["plugin", "verify"],
    ] {
        assert_eq!(bench.fails(words, 9)["reason"], "plugin-changed", "{words:?}");
    }
    // Who wants another one does not suffer for it.
    bench.run(&["validate", "entra-id", &connection]).ends(0);
    bench.run(&["check", "--connector", "entra-id", "--connection", &connection]).ends(0);
    let list = bench.run(&["connector", "list"]).ends(0);
    list.says("entra-id").notes("warning: The descriptor of the plugin `entra-component`");
    let list = bench.json(&["connector", "list"], "ConnectorList");
    assert_eq!(list["unusable"]["entra-component"]["reason"], "plugin-changed");
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    bench.run(&["plugin", "list"]).ends(0).says("entra-component");
    bench.run(&["plugin", "remove", "entra-component", "--yes"]).ends(0);
    bench.run(&["connector", "list"]).ends(0);
}

#[test]
fn a_lock_file_that_was_edited_is_told() {
    let Some((bench, _)) = ready() else { return };
    let lock = bench.data().join("plugins/lock.json");
    let right = std::fs::read_to_string(&lock).unwrap();
    let digest = bench.json(&["plugin", "list"], "PluginList")["items"][0]["digest"].clone();
    let digest = digest.as_str().unwrap();
    let table = [
        ("nothing of it".to_owned(), "plugin-lock-damaged", 2),
        (String::new(), "plugin-lock-damaged", 2),
        (right.replace("\"version\": 1,", "\"version\": 2,"), "plugin-lock-version", 2),
        (right.replace("entra-component", "../evil"), "plugin-lock-damaged", 2),
        (right.replace(digest, "sha256:short"), "plugin-lock-damaged", 2),
        (right.replace(digest, &format!("sha256:{}", "0".repeat(64))), "plugin-damaged", 2),
        (right.replace("\"version\": \"0.1.0\"", "\"version\": \"9.9.9\""), "plugin-changed", 9),
        (right.replace("\"key\": null", "\"key\": \"nonsense\""), "plugin-damaged", 2),
    ];
    for (text, reason, code) in table {
        std::fs::write(&lock, &text).unwrap();
        let error = bench.fails(&["plugin", "verify"], code);
        assert_eq!(error["reason"], reason, "{text}");
        is_one_error(&bench.run(&["plugin", "verify"]));
    }
    std::fs::write(&lock, right).unwrap();
    bench.run(&["plugin", "verify"]).ends(0);
}

#[test]
fn what_is_no_connector_is_refused() {
    let bench = Bench::new();
    let install = |file: &str| {
        ["plugin", "install", file, "--allow-unsigned", "--yes"].map(str::to_owned).to_vec()
    };
    for (name, content) in [("empty", &b""[..]), ("text", b"hello"), ("module", b"\0asm\x01\0\0\0")]
    {
        let file = file(&bench, name, content);
        for words in [install(&file), ["plugin", "inspect", &file].map(str::to_owned).to_vec()] {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            assert_eq!(bench.fails(&words, 1)["reason"], "plugin-no-component", "{words:?}");
        }
    }
    let empty = file(&bench, "component", b"\0asm\x0d\0\x01\0");
    assert_eq!(bench.fails(&["plugin", "inspect", &empty], 1)["reason"], "plugin-version");
    assert_eq!(bench.fails(&["plugin", "inspect", "none.wasm"], 6)["reason"], "plugin-unreadable");
    bench.run(&["plugin", "list"]).ends(0).says("No plugin is installed.");
}
