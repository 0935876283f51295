//! A new key for stored secrets. At every moment the key file, or the new one beside it, opens what
//! is stored, so that the program may die anywhere.
//!
//! 1. The new key is written to `key.new`, durably.
//! 2. All secrets are sealed anew in one transaction.
//! 3. `key.new` replaces `key`.
//!
//! Who finds a `key.new` goes on where it stopped: see [`finish_rotation`].

use doorward_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};

use crate::{SqliteStore, Vault};

/// Makes a new key, seals all secrets with it, and puts it in the place of the key in this file.
/// Gives how many secrets there are. The caller holds [`SqliteStore::change_key`].
///
/// # Errors
/// When a secret cannot be opened with the key, or a file or the store cannot be written; the old
/// key then still counts.
pub fn rotate_key_file(store: &SqliteStore, key: &Path) -> Result<usize> {
    finish_rotation(store, key)?;
    let old = Vault::from_file(key)?;
    let new = new_key(key)?;
    let number = reseal(store, &old, &new)?;
    replace(key)?;
    Ok(number)
}

/// Seals all secrets with the new key, in one transaction. A secret that the new key opens already
/// is left as it is. Gives how many secrets there are.
///
/// # Errors
/// `InvalidConnection` when neither key opens a secret; then nothing was changed.
pub fn reseal(store: &SqliteStore, old: &Vault, new: &Vault) -> Result<usize> {
    store.reseal(&mut |integration, sealed| match old.open(integration, sealed) {
        Ok(secret) => new.seal(integration, &sealed.pointer, &secret),
        Err(_) if new.open(integration, sealed).is_ok() => Ok(sealed.clone()),
        Err(error) => Err(error),
    })
}

/// Ends a change of the key that a process began and did not survive. To be called before the key
/// is read.
///
/// # Errors
/// When the files cannot be used.
pub fn finish_rotation(store: &SqliteStore, key: &Path) -> Result<()> {
    let path = beside(key);
    // One that is there and cannot be read may be the only key: that is an error, not "none".
    let Some(new) = Vault::existing(&path)? else { return Ok(()) };
    let secrets = store.sealed_secrets()?;
    let opens = |vault: &Vault| {
        secrets.iter().any(|(integration, sealed)| vault.open(integration, sealed).is_ok())
    };
    if opens(&new) {
        return replace(key);
    }
    // The transaction did not happen: nothing was ever sealed with the new key.
    let old = Vault::existing(key)?;
    if secrets.is_empty() || old.as_ref().is_some_and(opens) {
        return gone_or(std::fs::remove_file(&path)).map_err(|error| unusable(&path, error));
    }
    Err(Error::new(
        ErrorKind::InvalidConnection,
        "no-key-fits",
        format!("Neither {} nor {} opens the stored secrets.", key.display(), path.display()),
    )
    .remedy("Restore the key that they were sealed with. Both files were left as they are."))
}

fn new_key(key: &Path) -> Result<Vault> {
    let path = beside(key);
    let vault = Vault::from_file(&path)?;
    sync_directory(&path)?;
    Ok(vault)
}

fn replace(key: &Path) -> Result<()> {
    // Another process may have ended the same change in the meantime.
    gone_or(std::fs::rename(beside(key), key)).map_err(|error| unusable(key, error))?;
    sync_directory(key)
}

fn beside(key: &Path) -> PathBuf {
    key.with_extension("new")
}

fn gone_or(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == IoErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// A new name survives a power cut only when its directory is written, too. Elsewhere than on Unix
/// a directory cannot be opened as a file, and the system sees to it.
fn sync_directory(path: &Path) -> Result<()> {
    let Some(directory) = path.parent().filter(|_| cfg!(unix)) else { return Ok(()) };
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|error| unusable(directory, error))
}

fn unusable(path: &Path, error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "key-not-changed",
        format!("The key could not be changed: {} cannot be used.", path.display()),
    )
    .remedy("Check the permissions of the data directory, and run the command again.")
    .cause(error)
}
