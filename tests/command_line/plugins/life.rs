//! A plugin from its first day to its last.

use serde_json::json;

use super::{component, file, install, other, patched};
use crate::bench::{Bench, is_one_error};

#[test]
fn a_plugin_is_looked_at_installed_listed_and_removed() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    let file = file(&bench, "entra.wasm", &component);
    bench.run(&["plugin", "list"]).ends(0).says("No plugin is installed.").notes("plugin install");
    bench.run(&["plugin", "verify"]).ends(0).says("No plugin is installed.");
    let looked = bench.run(&["plugin", "inspect", &file]).ends(0);
    let looked = looked.says("entra-id").says("https://graph.microsoft.com").says("no files");
    looked.says("GroupMember.Read.All").says("never sees a secret").says("at /secret");
    assert!(!bench.data().join("plugins").exists(), "looking stores nothing");

    let install = ["plugin", "install", &file, "--id", "entra-component"];
    assert_eq!(bench.fails(&install, 9)["reason"], "plugin-unsigned");
    let allowed = [&install[..], &["--allow-unsigned"]].concat();
    let asked = bench.run(&allowed).ends(9).notes("--yes").notes("nobody vouches for it");
    asked.notes("https://graph.microsoft.com");
    bench.run(&["plugin", "list"]).ends(0).says("No plugin is installed.");
    super::install(&bench, &file);

    let list = bench.json(&["plugin", "list"], "PluginList");
    let item = &list["items"][0];
    assert_eq!((&item["id"], &item["key"]), (&json!("entra-component"), &json!(null)));
    assert_eq!(item["source"], file);
    let digest = item["digest"].as_str().unwrap();
    assert_eq!(digest.len(), "sha256:".len() + 64);
    bench.run(&["plugin", "list"]).ends(0).says(&digest[..19]).says("nobody");
    bench.run(&["plugin", "list", "-o", "name"]).ends(0).says("entra-component\n");
    bench.run(&["plugin", "inspect", "entra-component"]).ends(0).says("Installed as `entra-c");
    bench.run(&["plugin", "verify"]).ends(0).says(digest);
    let verified = ["plugin", "verify", "entra-component"];
    assert_eq!(bench.json(&verified, "PluginVerification")["items"][0]["digest"], digest);
    bench.run(&["connector", "list"]).ends(0).says("entra-component").says("entra-id ");
    let shown = bench.json(&["connector", "show", "entra-component"], "Connector");
    assert_eq!(shown["item"]["id"], "entra-component");
    // The same again is no question.
    bench.run(&allowed).ends(0).says("Installed entra-component");

    assert_eq!(
        bench.fails(&["plugin", "remove", "other", "--yes"], 6)["reason"],
        "plugin-not-found"
    );
    bench.run(&["plugin", "remove", "entra-component"]).ends(9).notes("--yes");
    bench.run(&["plugin", "remove", "entra-component", "--yes"]).ends(0).says("Removed");
    bench.run(&["plugin", "list"]).ends(0).says("No plugin is installed.");
    let left = crate::bench::files(&bench.data().join("plugins"));
    let is_left = |end: &str| left.iter().any(|path| path.to_str().unwrap().ends_with(end));
    assert!(!is_left(".wasm") && !is_left(".json.") && !is_left(".compiled"), "{left:?}");
}

#[test]
fn an_installed_connector_does_what_the_built_in_one_does() {
    let Some(component) = component() else { return };
    let bench = Bench::ready();
    install(&bench, &file(&bench, "entra.wasm", &component));
    let connection = bench.connection(json!({}));
    let add = ["integration", "add", "component", "--connector", "entra-component"];
    bench.run(&[&add[..], &["--connection", &connection, "--yes"]].concat()).ends(0);
    bench.run(&["check", "-i", "component"]).ends(0).says("Contoso");
    let list = ["access", "list", "--on", "group:Finance", "-o", "csv", "-i"];
    let by = |name| bench.run(&[&list[..], &[name]].concat()).ends(0).stdout;
    assert_eq!(by("component"), by("contoso"));
    bench.run(&["integration", "allow", "--all-groups", "-i", "component"]).ends(0);
    let grant = ["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes", "-i"];
    bench.run(&[&grant[..], &["component"]].concat()).ends(0);
    assert_eq!(bench.writes(), 1);

    let error = bench.fails(&["plugin", "remove", "entra-component", "--yes"], 8);
    assert_eq!(error["reason"], "plugin-in-use");
    assert!(error["message"].as_str().unwrap().contains(": component."), "{error}");
    bench.run(&["check", "-i", "component"]).ends(0);
    bench.run(&["integration", "remove", "component", "--yes"]).ends(0);
    bench.run(&["plugin", "remove", "entra-component", "--yes"]).ends(0);
    bench.run(&["check", "-i", "contoso"]).ends(0);
}

/// Another version says what it changes, and an integration whose addresses change is stopped.
#[test]
fn another_version_takes_the_place_of_the_one_before() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    install(&bench, &file(&bench, "entra.wasm", &component));
    let connection = json!({
        "client_id": entra_sim::cast::CLIENT_ID,
        "secret": entra_sim::cast::SECRET,
        "tenant": entra_sim::cast::TENANT_ID,
    });
    let connection = bench.file("public.json", &connection.to_string());
    let add = ["integration", "add", "public", "--connector", "entra-component", "--yes"];
    bench.run(&[&add[..], &["--connection", &connection]].concat()).ends(0);
    let list = ["access", "list", "--last-sync", "--on", "group:Finance"];
    assert_eq!(bench.fails(&list, 6)["reason"], "never-synced");

    // The same in another file: nothing to approve anew.
    let same = file(&bench, "same.wasm", &other(&component));
    let words = ["plugin", "install", &same, "--id", "entra-component", "--allow-unsigned"];
    let asked = bench.run(&words).ends(9).notes("It takes the place of 0.1.0");
    assert!(!asked.stderr.contains("it wants other addresses"), "{}", asked.stderr);

    let moved = patched(&component, "https://graph.microsoft.com", "https://graph.microsoft.con");
    let moved = patched(&moved, "Member.Read.Hidden", "Member.Read.Hiddem");
    let moved = file(&bench, "moved.wasm", &moved);
    let words = ["plugin", "install", &moved, "--id", "entra-component", "--allow-unsigned"];
    let words = [&words[..], &["--yes"]].concat();
    let installed = bench.run(&words).ends(0).notes("it wants other addresses").notes(": public.");
    installed.notes("Its example reaches other addresses").notes("Member.Read.Hiddem");
    assert_eq!(bench.fails(&["check", "-i", "public"], 9)["reason"], "reach-changed");
    bench.run(&["plugin", "verify"]).ends(0);
    install(&bench, &file(&bench, "entra.wasm", &component));
    bench.run(&["plugin", "verify"]).ends(0);
    assert_eq!(bench.fails(&list, 6)["reason"], "never-synced", "the one before is approved still");
}

#[test]
fn an_older_version_is_installed_only_on_purpose() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    install(&bench, &file(&bench, "entra.wasm", &component));
    let older = file(&bench, "older.wasm", &patched(&component, "0.1.0", "0.0.9"));
    let words =
        ["plugin", "install", &older, "--id", "entra-component", "--allow-unsigned", "--yes"];
    let error = bench.fails(&words, 9);
    assert_eq!(error["reason"], "plugin-older");
    assert!(error["remedy"].as_str().unwrap().contains("--allow-downgrade"), "{error}");
    bench.run(&[&words[..], &["--allow-downgrade"]].concat()).ends(0);
    let list = bench.json(&["plugin", "list"], "PluginList");
    assert_eq!(list["items"][0]["version"], "0.0.9");
    // Forward again needs nothing.
    install(&bench, &file(&bench, "entra.wasm", &component));
}

#[test]
fn of_two_connectors_with_one_id_neither_is_used() {
    let Some(component) = component() else { return };
    let bench = Bench::ready();
    let file = file(&bench, "entra.wasm", &component);
    let error = bench.fails(&["plugin", "install", &file, "--allow-unsigned", "--yes"], 2);
    assert_eq!(error["reason"], "duplicate-connector");
    assert!(error["remedy"].as_str().unwrap().contains("--id"), "{error}");
    install(&bench, &file);
    // As when a later Doorward has a connector built in that was a plugin before.
    let lock = bench.data().join("plugins/lock.json");
    let text = std::fs::read_to_string(&lock).unwrap();
    std::fs::write(&lock, text.replace("entra-component", "entra-id")).unwrap();
    bench.run(&["connector", "list"]).ends(0).notes("warning: The installed plugin `entra-id`");
    for words in [&["check"][..], &["schema", "entra-id"]] {
        let output = bench.run(words).ends(2).notes("plugin remove entra-id");
        is_one_error(&output);
    }
    bench.run(&["plugin", "list"]).ends(0).says("entra-id");
    bench.run(&["plugin", "remove", "entra-id", "--yes"]).ends(0);
    bench.run(&["check"]).ends(0);
}

#[test]
fn an_id_must_be_one() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    let file = file(&bench, "entra.wasm", &component);
    for id in ["../evil", "Entra", "a b", "2"] {
        let words = ["plugin", "install", &file, "--id", id, "--allow-unsigned", "--yes"];
        assert_eq!(bench.fails(&words, 2)["reason"], "plugin-id", "{id}");
    }
}

#[test]
fn plugins_are_completed() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    install(&bench, &file(&bench, "entra.wasm", &component));
    for (words, expected) in [
        (&["plugin", "remove", "ent"][..], "entra-component"),
        (&["plugin", "verify", ""], "entra-component"),
        (&["plugin", "inspect", "entra-"], "entra-component"),
        (&["plugin", "inspect", "entra."], "entra.wasm"),
        (&["plugin", "install", "entra."], "entra.wasm"),
        (&["connector", "show", ""], "entra-component"),
    ] {
        let found = crate::completion::offered(&bench, words);
        assert!(found.iter().any(|one| one == expected), "{words:?}: {found:?}");
    }
}
