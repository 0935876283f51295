//! The names of the last sync, beside the one blob that a snapshot is, so that a few are found in an
//! instant.

use doorward_core::{ObjectRef, Result};
use rusqlite::{Connection, params};

use super::failed;
use crate::resolve::folded;
use crate::sync::{KnownName, Snapshot};

/// Puts the names of a snapshot in place of the last one's.
pub(super) fn replace(
    connection: &Connection,
    integration: &str,
    snapshot: &Snapshot,
) -> Result<()> {
    connection
        .execute("DELETE FROM names WHERE integration = ?1", [integration])
        .map_err(failed)?;
    // A sign-in name that is also the name is one name.
    let mut statement = connection
        .prepare(
            "INSERT INTO names (integration, kind, folded, id, text, other, is_login)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        )
        .map_err(failed)?;
    let mut add = |key: &ObjectRef, text: &str, other: Option<&str>, is_login: bool| {
        let values = params![integration, key.kind, folded(text), key.id, text, other, is_login];
        statement.execute(values).map(|_| ()).map_err(failed)
    };
    let accounts = snapshot.accounts.iter().map(|one| (&one.key, &one.name, &one.login));
    let resources = snapshot.resources.iter().map(|one| (&one.key, &one.name, &one.login));
    for (key, name, login) in accounts.chain(resources) {
        if let Some(login) = login {
            add(key, login, Some(name), true)?;
        }
        add(key, name, login.as_deref(), false)?;
    }
    Ok(())
}

/// The names that begin so.
pub(super) fn find(
    connection: &Connection,
    integration: &str,
    kind: &str,
    beginning: &str,
    limit: u32,
) -> Result<Vec<KnownName>> {
    let from = folded(beginning);
    // Nothing that begins so comes after its beginning with the last character that there is.
    let to = format!("{from}{}", char::MAX);
    let mut statement = connection
        .prepare(
            "SELECT id, text, other, is_login, EXISTS (
                 SELECT 1 FROM names AS same WHERE same.integration = names.integration
                 AND same.kind = names.kind AND same.folded = names.folded AND same.id <> names.id
             )
             FROM names WHERE integration = ?1 AND kind = ?2 AND folded >= ?3 AND folded < ?4
             ORDER BY folded, id LIMIT ?5",
        )
        .map_err(failed)?;
    let found = statement
        .query_map(params![integration, kind, from, to, limit], |row| {
            Ok(KnownName {
                key: ObjectRef::new(kind, row.get::<_, String>(0)?),
                text: row.get(1)?,
                other: row.get(2)?,
                is_login: row.get(3)?,
                is_shared: row.get(4)?,
            })
        })
        .map_err(failed)?;
    found.collect::<rusqlite::Result<_>>().map_err(failed)
}

#[cfg(test)]
mod tests {
    use crate::{KnownName, SqliteStore, SyncStore};
    use serde_json::json;

    /// A store in this directory whose integration `i` last saw these groups by id and name.
    fn sealed(store: &SqliteStore, id: &str, groups: &[(&str, &str)]) {
        let add = "INSERT OR IGNORE INTO integrations (id, name, document) VALUES ('i', 'i', '{}')";
        store.connection().execute(add, []).unwrap();
        let resources = groups.iter().map(
            |(id, name)| json!({"key": {"kind": "group", "id": id}, "name": name, "class": "c"}),
        );
        let user = json!({"key": {"kind": "user", "id": "u"}, "name": "Finn", "login": "finn@x"});
        let time = "2026-11-23T08:00:00Z";
        let snapshot = serde_json::from_value(json!({
            "id": id, "started": time, "finished": time, "accounts": [user],
            "resources": resources.collect::<Vec<_>>(), "grants": [], "ledger": {
                "expected": {}, "received": {}, "unresolved": [], "skipped": [], "pages": 0,
                "cost": 0.0, "repeats": 0
            },
        }));
        let run = store.begin_run("i", id).unwrap().unwrap();
        store.seal(&run, &snapshot.unwrap()).unwrap();
    }

    fn texts(store: &SqliteStore, kind: &str, beginning: &str, limit: u32) -> Vec<String> {
        let names = store.names("i", kind, beginning, limit).unwrap();
        names.into_iter().map(|name| name.text).collect()
    }

    #[test]
    fn names_are_found_by_their_beginning_and_replaced_with_the_snapshot() {
        let store = SqliteStore::in_memory().unwrap();
        let groups = [
            ("1", "Finance"),
            ("2", "finance"),
            ("3", "Fin%_x"),
            ("4", "\u{10ffff}last"),
            ("5", "Stra\u{df}e"),
            ("6", "Field"),
        ];
        sealed(&store, "one", &groups);
        for (beginning, expected) in [
            ("fIN", &["Fin%_x", "Finance", "finance"][..]),
            ("fin%", &["Fin%_x"]),
            ("strasse", &["Stra\u{df}e"]),
            ("\u{10ffff}", &["\u{10ffff}last"]),
            ("finances", &[]),
            ("finn", &[]),
        ] {
            assert_eq!(texts(&store, "group", beginning, 9), expected, "{beginning}");
        }
        assert_eq!(texts(&store, "group", "", 2), ["Field", "Fin%_x"]);
        assert_eq!(texts(&store, "user", "FINN", 9), ["Finn", "finn@x"]);
        let shared = |names: Vec<KnownName>| names.iter().map(|name| name.is_shared).collect();
        let found: Vec<bool> = shared(store.names("i", "group", "fin", 9).unwrap());
        assert_eq!(found, [false, true, true]);
        // Also when the other one does not fit in any more.
        let found: Vec<bool> = shared(store.names("i", "group", "finance", 1).unwrap());
        assert_eq!(found, [true]);

        sealed(&store, "two", &[("2", "Finance")]);
        assert_eq!(texts(&store, "group", "", 9), ["Finance"]);
        assert!(!store.names("i", "group", "", 9).unwrap()[0].is_shared);
        store.connection().execute("DELETE FROM integrations", []).unwrap();
        assert_eq!(texts(&store, "group", "", 9), [] as [&str; 0]);
    }

    /// Whoever only looks makes, changes and waits for nothing.
    #[test]
    fn a_glance_is_only_a_glance() {
        let directory = tempfile::tempdir().unwrap();
        assert!(SqliteStore::glance(directory.path()).is_err());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        let store = SqliteStore::open(directory.path()).unwrap();
        sealed(&store, "one", &[("1", "Finance")]);
        let glance = || SqliteStore::glance(directory.path());
        assert_eq!(texts(&glance().unwrap(), "group", "f", 9), ["Finance"]);
        assert!(glance().unwrap().begin_run("i", "two").is_err());
        // While somebody writes, what was there before is seen; while somebody keeps everybody out,
        // nothing is.
        store.connection().execute_batch("BEGIN IMMEDIATE; DELETE FROM names").unwrap();
        assert_eq!(texts(&glance().unwrap(), "group", "f", 9), ["Finance"]);
        store.connection().execute_batch("ROLLBACK; PRAGMA journal_mode = DELETE").unwrap();
        store.connection().execute_batch("BEGIN EXCLUSIVE").unwrap();
        assert!(glance().unwrap().names("i", "group", "f", 9).is_err());
        store.connection().execute_batch("ROLLBACK").unwrap();
        // An older store has no names, and gets none by being looked at.
        store.connection().execute_batch("DROP TABLE names; PRAGMA user_version = 3").unwrap();
        assert!(glance().unwrap().names("i", "group", "f", 9).is_err());
        assert_eq!(glance().unwrap().integrations_count(), 1);
        drop(store);
        let store = SqliteStore::open(directory.path()).unwrap();
        assert_eq!(texts(&store, "group", "", 9), [] as [&str; 0]);
        assert!(store.snapshot("i").unwrap().is_some(), "the last sync is as it was");
        sealed(&store, "two", &[("1", "Finance")]);
        assert_eq!(texts(&glance().unwrap(), "group", "f", 9), ["Finance"]);
    }

    impl SqliteStore {
        fn integrations_count(&self) -> i64 {
            let count = "SELECT count(*) FROM integrations";
            self.connection().query_row(count, [], |row| row.get(0)).unwrap()
        }
    }
}
