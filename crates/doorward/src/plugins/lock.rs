//! The lock file: which plugins are installed, pinned by their digests.

use doorward_core::{Error, ErrorKind, Result, Timestamp};
use doorward_wasm::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::path::Path;

use super::look::is_id;
use super::signature::Key;

/// The layout that this program reads and writes.
const VERSION: u32 = 1;

/// What is installed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Lock {
    version: u32,
    pub(crate) plugins: Vec<Installed>,
}

impl Default for Lock {
    fn default() -> Self {
        Self { version: VERSION, plugins: Vec::new() }
    }
}

/// One plugin that is installed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Installed {
    /// By which integrations name it; its own, or the one that the operator chose.
    pub(crate) id: String,
    pub(crate) version: String,
    /// Of the component.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub(crate) digest: Digest,
    /// Of the descriptor, as it was when the plugin was installed.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub(crate) descriptor: Digest,
    /// Where it came from.
    pub(crate) source: String,
    /// The key that signed it; none when it is not signed.
    pub(crate) key: Option<Key>,
    pub(crate) installed: Timestamp,
}

impl Lock {
    /// What the text of a lock file says.
    pub(super) fn parse(text: &[u8], file: &Path) -> Result<Self> {
        let lock: Self =
            serde_json::from_slice(text).map_err(|error| damaged(file).cause(error))?;
        if lock.version != VERSION {
            let message = format!(
                "{} has version {}; this Doorward reads version {VERSION}.",
                file.display(),
                lock.version
            );
            return Err(Error::new(ErrorKind::InvalidRequest, "plugin-lock-version", message)
                .remedy("Use the Doorward that wrote it, or a newer one."));
        }
        match lock.plugins.iter().find(|plugin| !is_id(&plugin.id)) {
            Some(plugin) => Err(damaged(file).cause(format!("`{}` is no id", plugin.id))),
            None => Ok(lock),
        }
    }

    /// The plugin of this id.
    ///
    /// # Errors
    /// `NotFound` with those that there are.
    pub(crate) fn get(&self, id: &str) -> Result<&Installed> {
        self.find(id).ok_or_else(|| {
            let known: Vec<&str> = self.plugins.iter().map(|plugin| plugin.id.as_str()).collect();
            let remedy = match known.as_slice() {
                [] => "None is installed: `doorward plugin install SOURCE` does it.".to_owned(),
                known => format!("Installed are: {}.", known.join(", ")),
            };
            let message = format!("No plugin `{id}` is installed.");
            Error::new(ErrorKind::NotFound, "plugin-not-found", message).remedy(remedy)
        })
    }

    /// The plugin of this id, if it is installed.
    pub(crate) fn find(&self, id: &str) -> Option<&Installed> {
        self.plugins.iter().find(|plugin| plugin.id == id)
    }
}

fn damaged(file: &Path) -> Error {
    let message = format!("The list of installed plugins, {}, is damaged.", file.display());
    Error::new(ErrorKind::InvalidRequest, "plugin-lock-damaged", message).remedy(
        "Put back a copy of it. Without one, move it away and install the plugins again under the \
         same ids: integrations and their secrets stay as they are.",
    )
}

fn write<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(digest)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
    let text = String::deserialize(deserializer)?;
    Digest::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no digest")))
}
