//! The store in one SQLite file.

use doorward_core::{Error, ErrorKind, Result};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::opened::gone;
use crate::private;
use crate::store::{
    Claim, Integration, JournalEntry, JournalState, SealedSecret, Settlement, Store, name_taken,
};

/// Each entry brings the file from the version of its index to the next one.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE integrations (
        id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, fence INTEGER NOT NULL DEFAULT 0,
        document TEXT NOT NULL
    ) STRICT;
    CREATE TABLE secrets (
        integration TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
        pointer TEXT NOT NULL, nonce BLOB NOT NULL, ciphertext BLOB NOT NULL,
        PRIMARY KEY (integration, pointer)
    ) STRICT;
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE journal (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        integration TEXT NOT NULL, fence INTEGER NOT NULL, state TEXT NOT NULL,
        entry TEXT NOT NULL, settlement TEXT
    ) STRICT;
    CREATE INDEX journal_unsettled ON journal (integration, sequence) WHERE state <> 'settled';
",
    "
    ALTER TABLE journal ADD COLUMN grant_key TEXT;
    CREATE INDEX journal_grants ON journal (integration, grant_key, sequence);
    CREATE INDEX journal_integrations ON journal (integration, sequence);
",
    "
    UPDATE integrations SET document = json_set(
        document, '$.reach.endpoints[0].scheme.tokenUrlNamedByConnection',
        json(iif(json_extract(document, '$.reach.endpoints[0].namedByConnection'), 'true', 'false'))
    ) WHERE json_extract(document, '$.reach.endpoints[0].scheme.type') = 'oauth2-client-secret'
        AND json_type(document, '$.reach.endpoints[0].scheme.tokenUrlNamedByConnection') IS NULL;
    DROP INDEX journal_integrations;
    CREATE INDEX journal_names ON journal (json_extract(entry, '$.integrationName'), sequence);
    CREATE TABLE runs (integration TEXT PRIMARY KEY, id TEXT NOT NULL) STRICT;
    CREATE TABLE pages (
        run TEXT NOT NULL, stream TEXT NOT NULL, phase INTEGER NOT NULL, chain BLOB NOT NULL,
        sequence INTEGER NOT NULL, records BLOB NOT NULL,
        PRIMARY KEY (run, phase, chain, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE snapshots (
        integration TEXT PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
        id TEXT NOT NULL, document BLOB NOT NULL
    ) STRICT;
",
    "
    CREATE TABLE names (
        integration TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
        kind TEXT NOT NULL, folded TEXT NOT NULL, id TEXT NOT NULL,
        text TEXT NOT NULL, other TEXT, is_login INTEGER NOT NULL,
        PRIMARY KEY (integration, kind, folded, id)
    ) STRICT, WITHOUT ROWID;
",
];

mod copies;
mod holder;
mod names;
mod rekey;
mod runs;

pub use holder::Holder;
pub use rekey::KeyUse;

/// A locked file; none for a store in memory, which no other process can reach.
struct Lock(Option<File>);

/// The store in one SQLite file, readable by its owner only.
pub struct SqliteStore {
    connection: Mutex<Connection>,
    /// Where lock files are; none for a store in memory, which no other process can reach.
    locks: Option<PathBuf>,
}

impl SqliteStore {
    /// Opens the store in this directory, making both with permissions for the owner only.
    ///
    /// # Errors
    /// `Internal` when the directory cannot be used or the file is from a newer Doorward.
    pub fn open(directory: &Path) -> Result<Self> {
        let path = directory.join("doorward.db");
        let locks = directory.join("locks");
        private::make_directory(directory).map_err(|error| unusable(directory, error))?;
        private::make_directory(&locks).map_err(|error| unusable(directory, error))?;
        private::open_file(&path).map_err(|error| unusable(&path, error))?;
        let connection = Connection::open(&path).map_err(failed)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        // An intent must survive a power cut that follows it.
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        Self::prepare(connection, Some(locks))
    }

    /// A look at the store in this directory as it is: changes and brings up to date nothing, and
    /// waits for nobody. SQLite may make its own files beside it.
    ///
    /// # Errors
    /// `InvalidRequest` or `Internal` when it is not there or cannot be read.
    pub fn glance(directory: &Path) -> Result<Self> {
        let path = directory.join("doorward.db");
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        connection.busy_timeout(Duration::ZERO).map_err(failed)?;
        // Without locks nothing could be claimed, and nothing can be written here.
        Ok(Self { connection: Mutex::new(connection), locks: None })
    }

    /// A store in memory, for simulations and for connections that are not stored.
    ///
    /// # Errors
    /// `Internal` when SQLite fails.
    pub fn in_memory() -> Result<Self> {
        Self::prepare(Connection::open_in_memory().map_err(failed)?, None)
    }

    fn prepare(mut connection: Connection, locks: Option<PathBuf>) -> Result<Self> {
        connection.busy_timeout(Duration::from_secs(10)).map_err(failed)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
        // Sealed secrets that were replaced must not linger in free pages.
        connection.pragma_update(None, "secure_delete", true).map_err(failed)?;
        migrate(&mut connection)?;
        Ok(Self { connection: Mutex::new(connection), locks })
    }

    /// Locks the file of this name; `None` while another process has it. The operating system frees
    /// it when the file is closed, also after `kill -9`.
    fn lock_file(&self, name: &str) -> Result<Option<Lock>> {
        let Some(directory) = &self.locks else { return Ok(Some(Lock(None))) };
        let path = directory.join(format!("{name}.lock"));
        let file = private::open_file(&path).map_err(|error| unusable(&path, error))?;
        match file.try_lock() {
            Ok(()) => {
                holder::sign(&file);
                Ok(Some(Lock(Some(file))))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unusable(&path, error)),
        }
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // SQLite rolls a transaction back when a panic unwinds through it.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes into the journal, unless the claim was lost: all or nothing, one row for each of these.
    fn write_journal<P: rusqlite::Params>(
        &self,
        claim: &Claim,
        sql: &str,
        rows: impl IntoIterator<Item = P>,
    ) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(failed)?;
        let fence: Option<i64> = transaction
            .query_row(
                "SELECT fence FROM integrations WHERE id = ?1",
                [&claim.integration],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed)?;
        if fence != Some(claim.fence) {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "integration-taken-over",
                "Another Doorward took this integration over while this command was running.",
            )
            .remedy(
                "Look at `doorward journal list`, and run the command again if it is needed.",
            ));
        }
        for values in rows {
            if transaction.execute(sql, values).map_err(failed)? != 1 {
                return Err(Error::internal("A journal entry is not the one that was meant."));
            }
        }
        transaction.commit().map_err(failed)
    }
}

impl Store for SqliteStore {
    fn integrations(&self) -> Result<Vec<Integration>> {
        rows(&self.connection(), "SELECT document FROM integrations ORDER BY name", [])?
            .iter()
            .map(|text| parse(text))
            .collect()
    }

    fn integration(&self, name: &str) -> Result<Option<Integration>> {
        let found =
            rows(&self.connection(), "SELECT document FROM integrations WHERE name = ?1", [name])?;
        found.first().map(|text| parse(text)).transpose()
    }

    fn add(&self, integration: &Integration, secrets: &[SealedSecret]) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(failed)?;
        let added = transaction
            .execute(
                "INSERT INTO integrations (id, name, document) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name) DO NOTHING",
                params![integration.id, integration.name, text(integration)?],
            )
            .map_err(failed)?;
        if added == 0 {
            return Err(name_taken(&integration.name));
        }
        put_secrets(&transaction, &integration.id, secrets)?;
        transaction.commit().map_err(failed)
    }

    fn modify(
        &self,
        id: &str,
        secrets: Option<&[SealedSecret]>,
        change: &mut dyn FnMut(&mut Integration),
    ) -> Result<Integration> {
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(failed)?;
        let found = rows(&transaction, "SELECT document FROM integrations WHERE id = ?1", [id])?;
        let Some(document) = found.first() else {
            return Err(gone());
        };
        let before: Integration = parse(document)?;
        let mut integration = before.clone();
        change(&mut integration);
        if !before.leads_where(&integration) {
            runs::forget(&transaction, id)?;
        }
        transaction
            .execute(
                "UPDATE integrations SET document = ?2 WHERE id = ?1",
                params![id, text(&integration)?],
            )
            .map_err(failed)?;
        if let Some(secrets) = secrets {
            transaction
                .execute("DELETE FROM secrets WHERE integration = ?1", [id])
                .map_err(failed)?;
            put_secrets(&transaction, id, secrets)?;
        }
        transaction.commit().map_err(failed)?;
        Ok(integration)
    }

    fn remove(&self, id: &str) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(failed)?;
        runs::forget(&transaction, id)?;
        transaction.execute("DELETE FROM integrations WHERE id = ?1", [id]).map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    fn secrets(&self, id: &str) -> Result<Vec<SealedSecret>> {
        let connection = self.connection();
        let mut statement = connection
            .prepare(
                "SELECT pointer, nonce, ciphertext FROM secrets WHERE integration = ?1
                 ORDER BY pointer",
            )
            .map_err(failed)?;
        let found = statement
            .query_map([id], |row| {
                Ok(SealedSecret {
                    pointer: row.get(0)?,
                    nonce: row.get(1)?,
                    ciphertext: row.get(2)?,
                })
            })
            .map_err(failed)?;
        found.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    fn current(&self) -> Result<Option<String>> {
        self.connection()
            .query_row("SELECT value FROM settings WHERE name = 'current'", [], |row| row.get(0))
            .optional()
            .map_err(failed)
    }

    fn set_current(&self, name: Option<&str>) -> Result<()> {
        let connection = self.connection();
        match name {
            Some(name) => connection.execute(
                "INSERT INTO settings (name, value) VALUES ('current', ?1)
                 ON CONFLICT (name) DO UPDATE SET value = ?1",
                [name],
            ),
            None => connection.execute("DELETE FROM settings WHERE name = 'current'", []),
        }
        .map_err(failed)?;
        Ok(())
    }

    fn claim(&self, id: &str) -> Result<Option<Claim>> {
        let Some(lock) = self.lock_file(id)? else { return Ok(None) };
        let fence = self
            .connection()
            .query_row(
                "UPDATE integrations SET fence = fence + 1 WHERE id = ?1 RETURNING fence",
                [id],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed)?
            .ok_or_else(gone)?;
        Ok(Some(Claim { integration: id.to_owned(), fence, _lock: lock.0 }))
    }

    fn holder(&self, id: &str) -> Option<Holder> {
        self.holder_of(id)
    }

    fn intent(&self, claim: &Claim, entries: &[JournalEntry]) -> Result<()> {
        let rows = entries.iter().map(|entry| {
            Ok((
                &entry.id,
                &entry.integration,
                claim.fence,
                state_name(entry.state),
                text(entry)?,
                grant_key(entry)?,
            ))
        });
        let rows = rows.collect::<Result<Vec<_>>>()?;
        self.write_journal(
            claim,
            "INSERT INTO journal (id, integration, fence, state, entry, grant_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET state = ?4, entry = ?5, settlement = NULL
             WHERE integration = ?2 AND fence = ?3 AND grant_key IS ?6",
            rows,
        )
    }

    fn settle(&self, claim: &Claim, settled: &[(&str, &Settlement)]) -> Result<()> {
        let rows = settled.iter().map(|(id, settlement)| {
            let state = state_name(settlement.state());
            Ok((*id, state, text(settlement)?, claim.fence, &claim.integration))
        });
        let rows = rows.collect::<Result<Vec<_>>>()?;
        self.write_journal(
            claim,
            "UPDATE journal SET state = ?2, settlement = ?3, fence = ?4
             WHERE id = ?1 AND integration = ?5",
            rows,
        )
    }

    fn journal(&self, integration: Option<&str>, limit: u32) -> Result<Vec<JournalEntry>> {
        match integration {
            Some(name) => self.entries(
                "WHERE json_extract(entry, '$.integrationName') = ?1
                 ORDER BY sequence DESC LIMIT ?2",
                params![name, limit],
            ),
            None => self.entries("ORDER BY sequence DESC LIMIT ?1", [limit]),
        }
    }

    fn earlier(&self, entry: &JournalEntry, limit: u32) -> Result<Vec<JournalEntry>> {
        self.entries(
            "WHERE integration = ?1 AND grant_key = ?2
             AND sequence < coalesce((SELECT sequence FROM journal WHERE id = ?3), ?5)
             ORDER BY sequence DESC LIMIT ?4",
            params![entry.integration, grant_key(entry)?, entry.id, limit, i64::MAX],
        )
    }

    fn journal_entries(&self, id_prefix: &str) -> Result<Vec<JournalEntry>> {
        self.entries("WHERE substr(id, 1, length(?1)) = ?1 ORDER BY sequence", [id_prefix])
    }

    fn unsettled(&self, integration: &str) -> Result<Vec<JournalEntry>> {
        self.entries(
            "WHERE integration = ?1 AND state <> 'settled' ORDER BY sequence",
            [integration],
        )
    }
}

impl SqliteStore {
    fn entries(&self, condition: &str, values: impl rusqlite::Params) -> Result<Vec<JournalEntry>> {
        let connection = self.connection();
        let mut statement = connection
            .prepare(&format!("SELECT entry, settlement FROM journal {condition}"))
            .map_err(failed)?;
        let found = statement
            .query_map(values, |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
            })
            .map_err(failed)?
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(failed)?;
        found
            .into_iter()
            .map(|(entry, settlement)| {
                let mut entry: JournalEntry = parse(&entry)?;
                if let Some(settlement) = settlement {
                    let settlement: Settlement = parse(&settlement)?;
                    entry.state = settlement.state();
                    entry.settlement = Some(settlement);
                }
                Ok(entry)
            })
            .collect()
    }
}

fn migrate(connection: &mut Connection) -> Result<()> {
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(failed)?;
    let version: usize = transaction
        .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
        .map(|version| usize::try_from(version).unwrap_or(usize::MAX))
        .map_err(failed)?;
    if version > MIGRATIONS.len() {
        return Err(Error::new(
            ErrorKind::Internal,
            "database-newer",
            "The database was written by a newer Doorward.",
        )
        .remedy("Use that version, or another `--data-dir`."));
    }
    for migration in MIGRATIONS.iter().skip(version) {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    let newest = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    transaction.pragma_update(None, "user_version", newest).map_err(failed)?;
    transaction.commit().map_err(failed)
}

fn put_secrets(connection: &Connection, integration: &str, secrets: &[SealedSecret]) -> Result<()> {
    for secret in secrets {
        connection
            .execute(
                "INSERT INTO secrets (integration, pointer, nonce, ciphertext)
                 VALUES (?1, ?2, ?3, ?4)",
                params![integration, secret.pointer, secret.nonce, secret.ciphertext],
            )
            .map_err(failed)?;
    }
    Ok(())
}

fn rows(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Vec<String>> {
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let found = statement.query_map(values, |row| row.get(0)).map_err(failed)?;
    found.collect::<rusqlite::Result<_>>().map_err(failed)
}

fn state_name(state: JournalState) -> &'static str {
    match state {
        JournalState::Intent => "intent",
        JournalState::Open => "open",
        JournalState::Settled => "settled",
    }
}

/// The grant that an entry changes, as the journal is searched by it.
fn grant_key(entry: &JournalEntry) -> Result<Option<String>> {
    entry.operation.action.grant().map(|(key, _)| text(key)).transpose()
}

fn text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal("A record could not be stored.").cause(error))
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        Error::internal("The database holds a record that this version cannot read.").cause(error)
    })
}

fn failed(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
    // The operator's disk is no defect of Doorward.
    let kind = match error.sqlite_error_code() {
        Some(CannotOpen | DiskFull | ReadOnly | SystemIoFailure) => ErrorKind::InvalidRequest,
        _ => ErrorKind::Internal,
    };
    Error::new(kind, "database", "The database failed.")
        .remedy(
            "Check the disk's free space and that no other program holds the file; then run the \
                 command again.",
        )
        .cause(error)
}

fn unusable(path: &Path, error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Internal,
        "data-directory",
        format!("{} cannot be used for Doorward's data.", path.display()),
    )
    .remedy("Check that it exists and belongs to you, or give another one with `--data-dir`.")
    .cause(error)
}
