//! Who vouches for a component: detached minisign signatures (ed25519).

use doorward_core::{Error, ErrorKind, Result};
use minisign_verify::{Error as Minisign, PublicKey, Signature};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A minisign public key, as its one line of base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(String);

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Key {
    /// The key in this text: its line alone, or the file that minisign writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let line = lines.find(|line| !line.starts_with("untrusted comment:"))?;
        PublicKey::from_base64(line).ok().map(|_| Self(line.to_owned()))
    }

    fn verify(&self, component: &[u8], signature: &Signature) -> Result<(), Minisign> {
        PublicKey::from_base64(&self.0)?.verify(component, signature, false)
    }

    /// Whether the signature is right.
    ///
    /// # Errors
    /// `DeniedByPolicy` when it is not.
    pub(crate) fn check(&self, component: &[u8], signature: &str) -> Result<()> {
        let signature = Signature::decode(signature).map_err(|error| wrong().cause(error))?;
        self.verify(component, &signature).map_err(|error| wrong().cause(error))
    }
}

/// What the operator says about who must have signed.
pub(crate) struct Trust<'a> {
    /// The key that was named.
    pub(crate) key: Option<&'a Key>,
    /// The keys of what is installed.
    pub(crate) known: &'a [Key],
    pub(crate) allow_unsigned: bool,
}

impl Trust<'_> {
    /// Who signed the component: the key that was named, or a known one. None when it need not be
    /// signed, and no known key did it.
    ///
    /// # Errors
    /// `DeniedByPolicy` when nobody who is trusted did.
    pub(crate) fn signer(&self, component: &[u8], signature: Option<&str>) -> Result<Option<Key>> {
        match (signature, self.key) {
            (Some(signature), Some(key)) => {
                key.check(component, signature).map(|()| Some(key.clone()))
            }
            (Some(signature), None) => self.known_signer(component, signature),
            (None, Some(_)) => Err(unsigned().remedy(
                "A key was named, so it must be signed. The signature is expected beside it, with \
                 `.minisig` at its end, or where `--signature` says.",
            )),
            (None, None) if self.allow_unsigned => Ok(None),
            (None, None) => Err(unsigned().remedy(
                "Ask whoever made it for a minisign signature and their public key: \
                 `--signature FILE --key FILE`. Or trust it as it is with `--allow-unsigned`; \
                 `--digest` then makes sure that it is the one you mean.",
            )),
        }
    }

    fn known_signer(&self, component: &[u8], signature: &str) -> Result<Option<Key>> {
        let signature = Signature::decode(signature).map_err(|error| wrong().cause(error))?;
        for key in self.known {
            match key.verify(component, &signature) {
                Ok(()) => return Ok(Some(key.clone())),
                Err(Minisign::UnexpectedKeyId) => {}
                Err(error) => return Err(wrong().cause(error)),
            }
        }
        if self.allow_unsigned {
            return Ok(None);
        }
        let message = "The plugin is signed by a key that is not known here.";
        Err(Error::new(ErrorKind::DeniedByPolicy, "plugin-key-unknown", message).remedy(
            "Get the public key from whoever made it, by another way than the plugin, and name it \
             with `--key FILE`. It is remembered for updates.",
        ))
    }
}

fn unsigned() -> Error {
    Error::new(ErrorKind::DeniedByPolicy, "plugin-unsigned", "The plugin is not signed.")
}

fn wrong() -> Error {
    let message = "The signature of the plugin is wrong. None of its code was run.";
    Error::new(ErrorKind::DeniedByPolicy, "plugin-signature-wrong", message).remedy(
        "The file was changed or damaged after it was signed, the signature belongs to another \
         file, or somebody else signed it. Do not use it; get both anew from whoever made it.",
    )
}
