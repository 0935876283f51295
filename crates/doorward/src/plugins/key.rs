//! The key that vouches for compiled code: this installation's own, made when it is needed.

use doorward_host::make_private_directory;
use rustls::crypto::aws_lc_rs;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The key in this directory. Without one, code is compiled at each start: slower, and nothing else.
pub(super) fn of(directory: &Path) -> Option<[u8; 32]> {
    let file = directory.join("key");
    let key = match std::fs::read(&file) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            make(directory, &file)
        }
        read => read,
    };
    match key.map(<[u8; 32]>::try_from) {
        Ok(Ok(key)) => Some(key),
        Ok(Err(_)) => {
            tracing::warn!(file = %file.display(), "no key: delete it, and a new one is made");
            None
        }
        Err(error) => {
            tracing::info!(file = %file.display(), "compiled code cannot be kept: {error}");
            None
        }
    }
}

fn make(directory: &Path, path: &Path) -> std::io::Result<Vec<u8>> {
    let mut key = [0; 32];
    let random = aws_lc_rs::default_provider().secure_random;
    random.fill(&mut key).map_err(|_| std::io::Error::other("there is no randomness"))?;
    make_private_directory(directory)?;
    // Whole or not at all, and for its owner only.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(&key)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(key.to_vec()),
        // Another process made it in the meantime; its key counts.
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => std::fs::read(path),
        Err(error) => Err(error.error),
    }
}
