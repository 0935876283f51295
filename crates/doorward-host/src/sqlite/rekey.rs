//! Sealing every secret anew, while nobody else seals or opens one.

use doorward_core::Result;
use rusqlite::params;
use std::fs::{File, TryLockError};

use super::{SqliteStore, failed, unusable};
use crate::{SealedSecret, private};

/// While it lives, the key of stored secrets is not changed by another process, or, when it was
/// taken for a change, not used by one.
pub struct KeyUse(
    #[allow(dead_code, reason = "the lock lives as long as the file is open")] Option<File>,
);

impl SqliteStore {
    /// Says that the key is in use. To be taken before the key is read; waits for a change of the
    /// key, which takes an instant.
    ///
    /// # Errors
    /// `Internal` when the data directory cannot be used.
    pub fn use_key(&self) -> Result<KeyUse> {
        let Some(directory) = &self.locks else { return Ok(KeyUse(None)) };
        let path = directory.join("key.lock");
        let file = private::open_file(&path).map_err(|error| unusable(&path, error))?;
        file.lock_shared().map_err(|error| unusable(&path, error))?;
        Ok(KeyUse(Some(file)))
    }

    /// Takes the key for a change; nothing while another process uses it.
    ///
    /// # Errors
    /// `Internal` when the data directory cannot be used.
    pub fn change_key(&self) -> Result<Option<KeyUse>> {
        let Some(directory) = &self.locks else { return Ok(Some(KeyUse(None))) };
        let path = directory.join("key.lock");
        let file = private::open_file(&path).map_err(|error| unusable(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(KeyUse(Some(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unusable(&path, error)),
        }
    }

    /// Replaces every sealed secret by what `change` makes of it, all or none. Gives how many there
    /// are.
    ///
    /// # Errors
    /// The first of `change`; then nothing was replaced.
    pub fn reseal(
        &self,
        change: &mut dyn FnMut(&str, &SealedSecret) -> Result<SealedSecret>,
    ) -> Result<usize> {
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(failed)?;
        let sealed = all_secrets(&transaction)?;
        for (integration, old) in &sealed {
            let new = change(integration, old)?;
            transaction
                .execute(
                    "UPDATE secrets SET nonce = ?3, ciphertext = ?4
                     WHERE integration = ?1 AND pointer = ?2",
                    params![integration, old.pointer, new.nonce, new.ciphertext],
                )
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        // What was replaced must not linger in the log. A reader may hold it back; then the log is
        // overwritten later.
        let _ =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        Ok(sealed.len())
    }

    /// Every sealed secret, with its integration.
    ///
    /// # Errors
    /// `Internal` when SQLite fails.
    pub fn sealed_secrets(&self) -> Result<Vec<(String, SealedSecret)>> {
        all_secrets(&self.connection())
    }
}

fn all_secrets(connection: &rusqlite::Connection) -> Result<Vec<(String, SealedSecret)>> {
    let mut statement = connection
        .prepare(
            "SELECT integration, pointer, nonce, ciphertext FROM secrets
             ORDER BY integration, pointer",
        )
        .map_err(failed)?;
    let found = statement
        .query_map([], |row| {
            let (pointer, nonce, ciphertext) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((row.get(0)?, SealedSecret { pointer, nonce, ciphertext }))
        })
        .map_err(failed)?;
    found.collect::<rusqlite::Result<_>>().map_err(failed)
}
