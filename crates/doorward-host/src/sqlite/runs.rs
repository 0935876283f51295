//! Syncs and snapshots in SQLite: one compressed blob for a page, one for a snapshot.

use doorward_core::{Error, ErrorKind, Record, Result};
use rusqlite::{OptionalExtension, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Write};

use super::{SqliteStore, failed, names};
use crate::opened::gone;
use crate::store::{Run, StoredPage, SyncStore};
use crate::sync::{KnownName, Snapshot};

/// zstd's own default: beyond it, time grows faster than size shrinks.
const LEVEL: i32 = 3;
/// No page inflates beyond this, which is as much as one answer of a provider may be: a damaged
/// database must not take all memory.
const MOST_OF_A_PAGE: u64 = 256 << 20;
/// No snapshot does beyond this, which is some eight million grants.
const MOST_OF_A_SNAPSHOT: u64 = 2 << 30;

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
                let records = packed(&page.records, MOST_OF_A_PAGE)?;
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
                            records
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
            let records: Vec<u8> = row.get(0).map_err(failed)?;
            take(unpacked(&records, MOST_OF_A_PAGE)?);
        }
        Ok(())
    }

    fn seal(&self, run: &Run, snapshot: &Snapshot) -> Result<()> {
        let document = packed(snapshot, MOST_OF_A_SNAPSHOT)?;
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
        names::replace(&transaction, &run.integration, snapshot)?;
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
        document.map(|document| unpacked(&document, MOST_OF_A_SNAPSHOT)).transpose()
    }

    fn names(
        &self,
        integration: &str,
        kind: &str,
        beginning: &str,
        limit: u32,
    ) -> Result<Vec<KnownName>> {
        names::find(&self.connection(), integration, kind, beginning, limit)
    }
}

/// Forgets the snapshot with its names, and ends a sync that is under way.
pub(super) fn forget(connection: &rusqlite::Connection, integration: &str) -> Result<()> {
    for sql in [
        "DELETE FROM pages WHERE run IN (SELECT id FROM runs WHERE integration = ?1)",
        "DELETE FROM runs WHERE integration = ?1",
        "DELETE FROM snapshots WHERE integration = ?1",
        "DELETE FROM names WHERE integration = ?1",
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

/// The value as a blob, unless it is larger than [`unpacked`] would read.
fn packed(value: &impl Serialize, most: u64) -> Result<Vec<u8>> {
    let encoder = zstd::Encoder::new(Vec::new(), LEVEL).map_err(unpackable)?;
    let mut bounded = Bounded { encoder, left: most };
    match serde_json::to_writer(&mut bounded, value) {
        Ok(()) => bounded.encoder.finish().map_err(unpackable),
        Err(error) if error.io_error_kind() == Some(io::ErrorKind::FileTooLarge) => {
            Err(too_large(most))
        }
        Err(error) => Err(unpackable(error)),
    }
}

fn unpacked<T: DeserializeOwned>(bytes: &[u8], most: u64) -> Result<T> {
    let decoder = zstd::Decoder::new(bytes).map_err(unpackable)?;
    let bounded = io::Read::take(decoder, most);
    serde_json::from_reader(io::BufReader::new(bounded)).map_err(unpackable)
}

/// Compresses so many bytes, and no more.
struct Bounded {
    encoder: zstd::Encoder<'static, Vec<u8>>,
    left: u64,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(length).ok_or(io::ErrorKind::FileTooLarge)?;
        self.encoder.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.encoder.flush()
    }
}

fn too_large(most: u64) -> Error {
    let mebibytes = most >> 20;
    Error::new(
        ErrorKind::Unsupported,
        "sync-too-large",
        format!(
            "One page of the sync, or all of it, is larger than the {mebibytes} MiB that are kept."
        ),
    )
    .remedy("The last sync stays. Please report how many accounts and groups there are.")
}

fn unpackable(error: impl std::fmt::Display) -> Error {
    Error::internal("A page or snapshot of the database cannot be read or written.").cause(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few bytes may inflate to anything.
    #[test]
    fn a_blob_inflates_to_its_bound_and_no_further() {
        let blank = |length: usize| " ".repeat(length) + "[1]";
        for (length, fits) in [(997, true), (998, false), (100_000, false)] {
            let blob = zstd::encode_all(blank(length).as_bytes(), LEVEL).unwrap();
            let read = unpacked::<Vec<u32>>(&blob, 1_000);
            assert_eq!(read.is_ok(), fits, "{length}: {read:?}");
        }
    }

    /// Or a sync would be sealed that nobody can read.
    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        for (length, fits) in [(998, true), (999, false), (100_000, false)] {
            let text = "x".repeat(length);
            match packed(&text, 1_000) {
                Ok(blob) => assert_eq!(unpacked::<String>(&blob, 1_000).unwrap(), text),
                Err(error) => assert_eq!(error.reason, "sync-too-large"),
            }
            assert_eq!(packed(&text, 1_000).is_ok(), fits, "{length}");
        }
    }
}
