//! A new key, backups, and putting them back.

use entra_sim::cast;
use serde_json::json;
use std::path::PathBuf;

use crate::bench::{Bench, Output, add, finish};

/// 32 bytes in base64, thrice.
const KEYS: [&str; 3] = [
    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=",
    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUY=",
];

fn works(bench: &Bench) {
    bench.run(&["check"]).ends(0).says("Connected to Contoso");
}

fn key(bench: &Bench) -> PathBuf {
    bench.data().join("key")
}

#[test]
fn a_new_key_opens_what_the_old_one_sealed() {
    let bench = Bench::new();
    bench.add();
    let old = std::fs::read(key(&bench)).unwrap();
    bench.run(&["rotate-key"]).ends(0).says("1 stored secret is sealed with the new key");
    let new = std::fs::read(key(&bench)).unwrap();
    assert_ne!(old, new);
    works(&bench);
    let rotated = bench.json(&["rotate-key"], "KeyRotation");
    assert_eq!(rotated["secrets"], 1, "{rotated}");
    works(&bench);
    // The old key opens nothing any more.
    std::fs::write(key(&bench), old).unwrap();
    assert_eq!(bench.fails(&["check"], 3)["reason"], "sealed-secret-unreadable");
    assert_eq!(bench.fails(&["rotate-key"], 3)["reason"], "sealed-secret-unreadable");
}

/// The program dies after the new key was written, and after the secrets were sealed with it.
#[test]
fn a_rotation_that_was_killed_between_its_steps_is_ended_by_the_next_command() {
    let bench = Bench::new();
    bench.add();
    let fresh = bench.data().join("key.new");
    // Died before the transaction: the new key sealed nothing yet.
    let old = std::fs::read(key(&bench)).unwrap();
    write_private(&fresh, KEYS[0].as_bytes());
    works(&bench);
    assert!(!fresh.exists());
    assert_eq!(std::fs::read(key(&bench)).unwrap(), old);

    // Died after it: the old key is still in its place.
    bench.run(&["rotate-key"]).ends(0);
    let new = std::fs::read(key(&bench)).unwrap();
    for next in [&["check"][..], &["rotate-key"]] {
        let new = if next == ["check"] { new.clone() } else { std::fs::read(key(&bench)).unwrap() };
        write_private(&fresh, &new);
        write_private(&key(&bench), &old);
        bench.run(next).ends(0);
        assert!(!fresh.exists());
        works(&bench);
    }
    // Died before the first command ever stored something: either key will do.
    let empty = Bench::new();
    empty.run(&["integration", "list"]).ends(0);
    write_private(&empty.data().join("key.new"), KEYS[0].as_bytes());
    empty.add();
    works(&empty);
}

fn write_private(path: &std::path::Path, content: &[u8]) {
    std::fs::write(path, content).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn a_key_in_the_environment_is_replaced_by_its_owner() {
    let bench = Bench::new();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| -> Output {
        let mut command = bench.command(arguments);
        command.envs(variables.iter().copied());
        finish(command.spawn().unwrap())
    };
    let (old, new) = ([("DOORWARD_KEY", KEYS[0])], [("DOORWARD_KEY", KEYS[1])]);
    let both = [old[0], ("NEW_KEY", KEYS[1])];
    let file = bench.connection(json!({}));
    run(&add("contoso", &file), &old).ends(0);
    run(&["rotate-key"], &old).ends(2).notes("--new-key-env");
    run(&["rotate-key", "--new-key-env", "NEW_KEY"], &old).ends(2).notes("is not set");
    let same = [old[0], ("NEW_KEY", KEYS[0])];
    run(&["rotate-key", "--new-key-env", "NEW_KEY"], &same).ends(2).notes("already");
    let wrong = [old[0], ("NEW_KEY", "canary")];
    let refused = run(&["rotate-key", "--new-key-env", "NEW_KEY"], &wrong).ends(3);
    assert!(!refused.stderr.contains("canary"), "{}", refused.stderr);
    run(&["check"], &old).ends(0);

    // Twice, as after a crash that left it open whether the first one was done.
    for _ in 0..2 {
        let rotated = run(&["rotate-key", "--new-key-env", "NEW_KEY"], &both).ends(0);
        rotated.notes("set DOORWARD_KEY to the value of NEW_KEY").notes("new one with");
    }
    run(&["check"], &new).ends(0);
    run(&["check"], &old).ends(3);
    let unrelated = [("DOORWARD_KEY", KEYS[2]), ("NEW_KEY", KEYS[0])];
    run(&["rotate-key", "--new-key-env", "NEW_KEY"], &unrelated).ends(3);
    run(&["check"], &new).ends(0);
    let none = [("NEW_KEY", KEYS[2])];
    run(&["rotate-key", "--new-key-env", "NEW_KEY"], &none).ends(2).notes("Leave `--new-key-env`");
}

#[test]
fn what_was_backed_up_comes_back() {
    let bench = Bench::ready();
    let grant = ["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"];
    bench.run(&grant).ends(0);
    let before = bench.json(&["integration", "list"], "IntegrationList");
    let written = bench.run(&["backup", "kept.db"]).ends(0);
    written.says("1 integration and the journal").notes("The key of the secrets is not in it");
    let kept = bench.data().parent().unwrap().join("kept.db");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let text = String::from_utf8_lossy(&std::fs::read(&kept).unwrap()).into_owned();
    assert!(!text.contains(cast::SECRET));
    assert_eq!(bench.fails(&["backup", "kept.db"], 2)["reason"], "file-exists");
    assert_eq!(bench.fails(&["backup", "no/such/place.db"], 2)["reason"], "backup-not-written");

    bench.run(&["integration", "remove", "contoso", "--yes"]).ends(0);
    bench.add();
    bench.run(&["revoke", "--from", "bob@contoso.com", "--on", "group:Finance", "--yes"]).ends(9);
    assert_eq!(bench.fails(&["restore", "kept.db"], 9)["reason"], "confirmation-needed");
    bench.run(&["restore", "kept.db", "--yes"]).ends(0).says("Restored 1 integration");
    assert_eq!(bench.json(&["integration", "list"], "IntegrationList"), before);
    bench.run(&["journal", "list"]).ends(0).says("Granted");
    works(&bench);
    // It can be changed as before.
    bench.run(&["revoke", "--from", "alice@contoso.com", "--on", "group:Finance", "--yes"]).ends(0);

    // Into an empty directory nothing needs to be confirmed; without the key the secrets are lost.
    let other = ["--data-dir", "other"];
    let restored = bench.run(&[&["restore", "kept.db"][..], &other].concat()).ends(0);
    restored.notes("does not open the secrets of contoso");
    bench.run(&[&["check"][..], &other].concat()).ends(3);
    std::fs::copy(key(&bench), kept.with_file_name("other").join("key")).unwrap();
    bench.run(&[&["check"][..], &other].concat()).ends(0);
    let again = [&["restore", "kept.db", "--yes", "-o", "json"][..], &other].concat();
    let document = bench.run(&again).ends(0).document("Restore");
    assert_eq!(document["integrations"], json!(["contoso"]), "{document}");
    assert_eq!(document["unreadableSecrets"], json!([]), "{document}");
}

#[test]
fn what_is_no_backup_changes_nothing() {
    let bench = Bench::new();
    bench.add();
    bench.run(&["backup", "kept.db"]).ends(0);
    let kept = std::fs::read(bench.data().parent().unwrap().join("kept.db")).unwrap();
    let with = |name: &str, content: &[u8]| {
        std::fs::write(bench.data().parent().unwrap().join(name), content).unwrap();
    };
    with("empty.db", b"");
    with("text.db", b"no database, but a text of some length");
    with("half.db", &kept[..kept.len() / 2]);
    // The version of the schema is a number at this place of every SQLite file.
    let mut newer = kept.clone();
    newer[60..64].copy_from_slice(&1_000_u32.to_be_bytes());
    with("newer.db", &newer);
    let own = bench.data().join("doorward.db");
    for (file, reason) in [
        ("missing.db", "backup-unreadable"),
        ("empty.db", "not-a-backup"),
        ("text.db", "not-a-backup"),
        ("half.db", "not-a-backup"),
        ("newer.db", "database-newer"),
        (own.to_str().unwrap(), "not-a-backup"),
    ] {
        let error = bench.fails(&["restore", file, "--yes"], 2);
        assert_eq!(error["reason"], reason, "{file}: {error}");
        assert!(error["remedy"].is_string(), "{error}");
        works(&bench);
    }
}

/// A key that another process uses is not changed under it.
#[test]
fn a_key_in_use_is_left_alone() {
    let bench = Bench::ready();
    let mut when = entra_sim::Matcher::once("/v1.0/groups");
    when.method = Some(http::Method::GET);
    bench.simulator.inject(entra_sim::Fault { when, what: entra_sim::Answer::NoAnswer });
    let asked = bench.simulator.trace().len();
    let mut child = bench.command(&["access", "list", "--on", "group:Finance"]).spawn().unwrap();
    bench.wait_until(|| bench.simulator.trace().len() > asked);
    bench.run(&["backup", "kept.db"]).ends(0);
    for command in [&["rotate-key"][..], &["restore", "kept.db", "--yes"]] {
        let error = bench.fails(command, 11);
        assert_eq!(error["reason"], "data-directory-in-use", "{error}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    bench.run(&["rotate-key"]).ends(0);
    works(&bench);
}
