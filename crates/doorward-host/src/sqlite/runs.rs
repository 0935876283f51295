//! Syncs and snapshots in SQLite: one compressed blob for a page, one for a snapshot.

use doorward_core::{Error, ErrorKind, Record, Result};
use rusqlite::{OptionalExtension, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{SqliteStore, failed};
use crate::opened::gone;
use crate::store::{Run, StoredPage, SyncStore};
use crate::sync::Snapshot;

/// zstd's own default: beyond it, time grows faster than size shrinks.
const LEVEL: i32 = 3;
/// No page or snapshot inflates beyond this: a damaged database must not take all memory.
const MOST_BYTES: u64 = 8 << 30;

impl SyncStore for SqliteStore {
    fn begin_run(&self, integration: &str, id: &str) -> Result<Option<Run>> {
        let Some(lock) = self.lock_file(&format!("{integration}.sync"))? else { return Ok(None) };
        let mut connection = self.connection();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let is_there = transaction
            .query_row("SELECT 1 FROM integrations WHERE id = ?1", [integration], |_| Ok(()))
            .optional()
            .map_err(failed)?;
        is_there.ok_or_else(gone)?;
        transaction
            .execute(
                "DELETE FROM pages WHERE run IN (SELECT id FROM runs WHERE integration = ?1)",
                [integration],
            )
            .map_err(failed)?;
        transaction
            .execute(
                "INSERT INTO runs (integration, id) VALUES (?1, ?2)
                 ON CONFLICT (integration) DO UPDATE SET id = ?2",
                [integration, id],
            )
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(Some(Run { id: id.to_owned(), integration: integration.to_owned(), _lock: lock.0 }))
    }

    fn commit_pages(&self, run: &Run, pages: &[StoredPage]) -> Result<()> {
        let mut connection = self.connection();
        // A page that a power cut takes is read again; waiting for the disk at each would be slower
        // than the network.
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        let committed = (|| {
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(failed)?;
            check_current(&transaction, run)?;
            for page in pages {
                transaction
                    .prepare_cached(
                        "INSERT INTO pages (run, stream, phase, chain, sequence, records)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )
                    .and_then(|mut statement| {
                        statement.execute(params![
                            run.id,
                            page.stream,
                            page.phase,
                            chain_key(&page.chain),
                            page.sequence,
                            packed(&page.records).map_err(into_sql)?
                        ])
                    })
                    .map_err(failed)?;
            }
            transaction.commit().map_err(failed)
        })();
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        committed
    }

    fn drop_stream(&self, run: &Run, stream: &str) -> Result<()> {
        self.connection()
            .execute("DELETE FROM pages WHERE run = ?1 AND stream = ?2", [&run.id, stream])
            .map_err(failed)?;
        Ok(())
    }

    fn each_page(&self, run: &Run, take: &mut dyn FnMut(Vec<Record>)) -> Result<()> {
        let connection = self.connection();
        let mut statement = connection
            .prepare("SELECT records FROM pages WHERE run = ?1 ORDER BY phase, chain, sequence")
            .map_err(failed)?;
        let mut rows = statement.query([&run.id]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            take(unpacked(&row.get::<_, Vec<u8>>(0).map_err(failed)?)?);
        }
        Ok(())
    }

    fn seal(&self, run: &Run, snapshot: &Snapshot) -> Result<()> {
        let document = packed(snapshot)?;
        let mut connection = self.connection();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        check_current(&transaction, run)?;
        transaction
            .execute(
                "INSERT INTO snapshots (integration, id, document) VALUES (?1, ?2, ?3)
                 ON CONFLICT (integration) DO UPDATE SET id = ?2, document = ?3",
                params![run.integration, snapshot.id, document],
            )
            .map_err(failed)?;
        transaction.execute("DELETE FROM pages WHERE run = ?1", [&run.id]).map_err(failed)?;
        transaction
            .execute("DELETE FROM runs WHERE integration = ?1", [&run.integration])
            .map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    fn snapshot(&self, integration: &str) -> Result<Option<Snapshot>> {
        let document: Option<Vec<u8>> = self
            .connection()
            .query_row(
                "SELECT document FROM snapshots WHERE integration = ?1",
                [integration],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed)?;
        document.map(|document| unpacked(&document)).transpose()
    }
}

/// Forgets the snapshot, and ends a sync that is under way.
pub(super) fn forget(connection: &rusqlite::Connection, integration: &str) -> Result<()> {
    for sql in [
        "DELETE FROM pages WHERE run IN (SELECT id FROM runs WHERE integration = ?1)",
        "DELETE FROM runs WHERE integration = ?1",
        "DELETE FROM snapshots WHERE integration = ?1",
    ] {
        connection.execute(sql, [integration]).map_err(failed)?;
    }
    Ok(())
}

/// Refuses a commit of a sync that another one replaced.
fn check_current(connection: &rusqlite::Connection, run: &Run) -> Result<()> {
    let current: Option<String> = connection
        .query_row("SELECT id FROM runs WHERE integration = ?1", [&run.integration], |row| {
            row.get(0)
        })
        .optional()
        .map_err(failed)?;
    if current.as_deref() == Some(&run.id) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unavailable,
        "sync-replaced",
        "Another sync of the same integration took over, or the integration was removed.",
    )
    .remedy("Look at `doorward integration list`, and run the command again if it is needed."))
}

/// A chain as bytes that sort as the chain does: a fork after what it forks from.
fn chain_key(chain: &[u32]) -> Vec<u8> {
    chain.iter().flat_map(|step| step.to_be_bytes()).collect()
}

fn packed(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL).map_err(unpackable)?;
    serde_json::to_writer(&mut encoder, value).map_err(unpackable)?;
    encoder.finish().map_err(unpackable)
}

fn unpacked<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let decoder = zstd::Decoder::new(bytes).map_err(unpackable)?;
    let bounded = std::io::Read::take(decoder, MOST_BYTES);
    serde_json::from_reader(std::io::BufReader::new(bounded)).map_err(unpackable)
}

fn unpackable(error: impl std::fmt::Display) -> Error {
    Error::internal("A page or snapshot of the database cannot be read or written.").cause(error)
}

fn into_sql(error: Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
