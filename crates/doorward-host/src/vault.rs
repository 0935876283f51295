//! Secrets at rest: AES-256-GCM, bound to the integration and the field.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use doorward_core::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use std::fs::File;
use std::io::{ErrorKind as IoErrorKind, Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

use crate::private;
use crate::store::SealedSecret;

const KEY_LENGTH: usize = 32;

/// Seals and opens stored secrets with one key.
pub struct Vault {
    key: RandomizedNonceKey,
}

impl Vault {
    /// A vault whose key is this base64 text of 32 bytes, e.g. from the environment.
    ///
    /// # Errors
    /// `InvalidConnection` when the text is no such key.
    pub fn from_text(text: &str) -> Result<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).unwrap_or_default());
        Self::from_bytes(&bytes)
    }

    /// A vault whose key is in this file, made with mode 0600 when there is none.
    ///
    /// # Errors
    /// `InvalidConnection` when the file cannot be read or made, holds no key, or can be read by
    /// others.
    pub fn from_file(path: &Path) -> Result<Self> {
        match Self::existing(path)? {
            Some(vault) => Ok(vault),
            None => Self::create(path),
        }
    }

    /// A vault whose key nobody keeps: what it seals is lost with it.
    ///
    /// # Errors
    /// `Internal` when the operating system gives no randomness.
    pub fn unkept() -> Result<Self> {
        Self::from_bytes(new_key()?.as_ref())
    }

    /// A vault whose key is in this file; `None` when there is no file. Never makes one.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file).
    pub(crate) fn existing(path: &Path) -> Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == IoErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(path, error)),
        };
        refuse_open_permissions(&file, path)?;
        let mut text = Zeroizing::new(String::new());
        file.take(1024).read_to_string(&mut text).map_err(|error| unusable(path, error))?;
        Self::from_text(&text)
            .map(Some)
            .map_err(|error| error.attribute("file", path.display().to_string()))
    }

    fn create(path: &Path) -> Result<Self> {
        let bytes = new_key()?;
        let text = Zeroizing::new(STANDARD.encode(bytes.as_ref()));
        // Whole or not at all: another process that starts now must not read half a key.
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut file = tempfile::Builder::new()
            .prefix(".key-")
            .tempfile_in(directory.unwrap_or(Path::new(".")))
            .map_err(|error| unusable(path, error))?;
        private::close_file(file.path())
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.as_file().sync_all())
            .map_err(|error| unusable(path, error))?;
        match file.persist_noclobber(path) {
            Ok(_) => Self::from_bytes(bytes.as_ref()),
            // Another process made it in the meantime; its key counts.
            Err(error) if error.error.kind() == IoErrorKind::AlreadyExists => Self::from_file(path),
            Err(error) => Err(unusable(path, error.error)),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let key = (bytes.len() == KEY_LENGTH)
            .then(|| RandomizedNonceKey::new(&AES_256_GCM, bytes).ok())
            .flatten()
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidConnection,
                    "invalid-key",
                    "The key for stored secrets is not 32 bytes in base64.",
                )
                .remedy(
                    "Restore the key, or make one with `openssl rand -base64 32`. Secrets \
                         sealed with another key must be entered again.",
                )
            })?;
        Ok(Self { key })
    }

    /// Seals one secret of one integration.
    ///
    /// # Errors
    /// `Internal` when the cipher fails.
    pub fn seal(
        &self,
        integration: &str,
        pointer: &str,
        secret: &SecretString,
    ) -> Result<SealedSecret> {
        let mut text = secret.expose_secret().as_bytes().to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(bound_to(integration, pointer)), &mut text)
            .map_err(|_| Error::internal("A secret could not be sealed."))?;
        Ok(SealedSecret {
            pointer: pointer.to_owned(),
            nonce: nonce.as_ref().to_vec(),
            ciphertext: text,
        })
    }

    /// Opens one secret of one integration.
    ///
    /// # Errors
    /// `InvalidConnection` when it was sealed with another key, for another place, or changed.
    pub fn open(&self, integration: &str, sealed: &SealedSecret) -> Result<SecretString> {
        let failed = || {
            Error::new(
                ErrorKind::InvalidConnection,
                "sealed-secret-unreadable",
                format!("The stored secret at `{}` cannot be opened.", sealed.pointer),
            )
            .remedy(
                "The key is not the one it was sealed with, or the database was changed. \
                     Restore the key, or enter the secret again with `doorward integration \
                     update NAME --secret -`.",
            )
        };
        let nonce: [u8; NONCE_LEN] = sealed.nonce.as_slice().try_into().map_err(|_| failed())?;
        let mut bytes = Zeroizing::new(sealed.ciphertext.clone());
        let text = self
            .key
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound_to(integration, &sealed.pointer)),
                &mut bytes,
            )
            .map_err(|_| failed())?;
        let text = std::str::from_utf8(text).map_err(|_| failed())?;
        Ok(SecretString::from(text.to_owned()))
    }
}

/// What a sealed secret is bound to, so that it cannot be moved to another integration or field.
fn bound_to(integration: &str, pointer: &str) -> Vec<u8> {
    format!("doorward secret v1\0{integration}\0{pointer}").into_bytes()
}

fn new_key() -> Result<Zeroizing<[u8; KEY_LENGTH]>> {
    let mut bytes = Zeroizing::new([0_u8; KEY_LENGTH]);
    SystemRandom::new()
        .fill(bytes.as_mut())
        .map_err(|_| Error::internal("The operating system gave no randomness for a key."))?;
    Ok(bytes)
}

fn unusable(path: &Path, error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::InvalidConnection,
        "key-file-unusable",
        format!("The key file {} cannot be used.", path.display()),
    )
    .remedy(
        "Check that the directory exists and belongs to you, or give the key in the \
             environment variable DOORWARD_KEY.",
    )
    .cause(error)
}

fn refuse_open_permissions(file: &File, path: &Path) -> Result<()> {
    if !private::is_open(file).map_err(|error| unusable(path, error))? {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidConnection,
        "key-file-open",
        format!("The key file {} can be read by other users.", path.display()),
    )
    .remedy(format!(
        "Run `chmod 600 {}`, and consider every stored secret as known to others.",
        path.display()
    )))
}
