//! Backups: the whole store in one file, and back.

use doorward_core::{Error, ErrorKind, Result};
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::fs::File;
use std::path::Path;
use std::time::Duration;
use tempfile::NamedTempFile;

use super::{SqliteStore, failed, migrate};
use crate::private;

impl SqliteStore {
    /// Writes everything that is remembered into a new file for its owner only, as it is at one
    /// moment, while others go on. The key of the sealed secrets is not in it.
    ///
    /// # Errors
    /// `InvalidRequest` when the file is there already or cannot be written; then nothing is left.
    pub fn back_up(&self, to: &Path) -> Result<()> {
        let failed_to = |error: std::io::Error| not_written(to).cause(error);
        if to.try_exists().map_err(failed_to)? {
            return Err(exists(to));
        }
        let copy = beside(to).map_err(failed_to)?;
        private::close_file(copy.path()).map_err(failed_to)?;
        let path = copy.path().to_str().ok_or_else(|| not_written(to))?;
        self.connection()
            .execute("VACUUM INTO ?1", [path])
            .map_err(|error| not_written(to).cause(error))?;
        copy.as_file().sync_all().map_err(failed_to)?;
        match copy.persist_noclobber(to) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(exists(to))
            }
            Err(error) => Err(failed_to(error.error)),
        }
    }

    /// Replaces everything that is remembered by what a backup holds, all or nothing. One of an
    /// older Doorward is brought up to date first; the backup itself stays as it is.
    ///
    /// # Errors
    /// `InvalidRequest` when the file cannot be read, is no backup, or is from a newer Doorward.
    pub fn restore(&self, from: &Path) -> Result<()> {
        let copy = copied(from).map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                "backup-unreadable",
                format!("The backup {} cannot be read.", from.display()),
            )
            .remedy("Check its path and its permissions.")
            .cause(error)
        })?;
        let source = checked(copy.path(), from)?;
        let mut connection = self.connection();
        let backup = Backup::new(&source, &mut connection).map_err(failed)?;
        // All pages in one step, so that no other process sees a part.
        backup.run_to_completion(i32::MAX, Duration::from_millis(50), None).map_err(failed)
    }
}

fn copied(from: &Path) -> std::io::Result<NamedTempFile> {
    let mut copy = NamedTempFile::new()?;
    std::io::copy(&mut File::open(from)?, copy.as_file_mut())?;
    Ok(copy)
}

/// The database of a copied backup, whole and brought up to date.
fn checked(copy: &Path, from: &Path) -> Result<Connection> {
    let is_whole = |connection: &Connection| -> rusqlite::Result<bool> {
        let ours: i64 = connection.query_row(
            "SELECT count(*) FROM sqlite_schema
             WHERE type = 'table' AND name IN ('integrations', 'secrets', 'settings', 'journal')",
            [],
            |row| row.get(0),
        )?;
        let whole: String =
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok(ours == 4 && whole == "ok")
    };
    let mut connection = Connection::open(copy).map_err(failed)?;
    match is_whole(&connection) {
        Ok(true) => {}
        Ok(false) => return Err(no_backup(from)),
        Err(error) => return Err(no_backup(from).cause(error)),
    }
    migrate(&mut connection).map_err(|error| match error.reason.as_str() {
        "database-newer" => Error::new(
            ErrorKind::InvalidRequest,
            "database-newer",
            format!("The backup {} was written by a newer Doorward.", from.display()),
        )
        .remedy("Restore it with that version, or a newer one."),
        _ => error,
    })?;
    Ok(connection)
}

fn beside(path: &Path) -> std::io::Result<NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    tempfile::Builder::new()
        .prefix(".doorward-backup-")
        .tempfile_in(directory.unwrap_or(Path::new(".")))
}

fn exists(to: &Path) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "file-exists",
        format!("{} is there already, and was left as it is.", to.display()),
    )
    .remedy("Name another file.")
}

fn not_written(to: &Path) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "backup-not-written",
        format!("The backup {} could not be written.", to.display()),
    )
    .remedy("Check the directory, its permissions and the disk's free space, or name another file.")
}

fn no_backup(from: &Path) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "not-a-backup",
        format!("{} is no backup of Doorward, or is damaged. Nothing was changed.", from.display()),
    )
    .remedy("Name a file that `doorward backup` wrote.")
}
