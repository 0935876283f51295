//! The files of a data directory: whole, and for their owner only.
#![cfg(all(test, unix))]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use doorward_host::{SqliteStore, Store, Vault};
use secrecy::{ExposeSecret, SecretString};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Whoever comes second at the very first start must use the key of the first.
#[test]
fn processes_that_start_at_once_share_one_key() {
    for _ in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let barrier = Barrier::new(8);
        let vaults: Vec<Vault> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        Vault::from_file(&path).unwrap()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let sealed = vaults[0].seal("i", "/secret", &SecretString::from("s")).unwrap();
        for vault in &vaults {
            assert_eq!(vault.open("i", &sealed).unwrap().expose_secret(), "s");
        }
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left");
    }
}

#[test]
fn a_database_that_was_open_to_others_is_closed_to_them() {
    let directory = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(directory.path()).unwrap());
    let path = directory.path().join("doorward.db");
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    drop(SqliteStore::open(directory.path()).unwrap());
    assert_eq!(mode(&path), 0o600);
}

/// A database of an earlier Doorward is brought up to date; what its reach did not say is taken
/// from what it did.
#[test]
fn an_integration_of_an_earlier_version_can_be_read() {
    let directory = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(directory.path()).unwrap());
    let database = rusqlite::Connection::open(directory.path().join("doorward.db")).unwrap();
    database
        .execute_batch(
            "DROP TABLE names; DROP TABLE runs; DROP TABLE pages; DROP TABLE snapshots; DROP INDEX journal_names;
             CREATE INDEX journal_integrations ON journal (integration, sequence);
             PRAGMA user_version = 2;",
        )
        .unwrap();
    let document = serde_json::json!({
        "id": "i", "name": "contoso", "connector": "entra-id", "connection": {},
        "created": "2026-11-23T08:00:00Z", "updated": "2026-11-23T08:00:00Z",
        "reach": {"endpoints": [{"name": "graph", "origin": "https://graph.microsoft.com",
            "namedByConnection": true, "scheme": {"type": "oauth2-client-secret",
                "tokenUrl": "https://login.microsoftonline.com/t/oauth2/v2.0/token",
                "clientId": "c", "secret": {"pointer": "/secret"}, "scope": "s"}}]},
    });
    database
        .execute(
            "INSERT INTO integrations (id, name, document) VALUES ('i', 'contoso', ?1)",
            [document.to_string()],
        )
        .unwrap();
    drop(database);
    let store = SqliteStore::open(directory.path()).unwrap();
    let integration = store.integration("contoso").unwrap().unwrap();
    let reach = serde_json::to_value(&integration.reach).unwrap();
    assert_eq!(reach["endpoints"][0]["scheme"]["tokenUrlNamedByConnection"], true);
}
