//! Plugins: connectors that are WebAssembly components, from their source to the ones installed.

pub(crate) mod build;
mod download;
mod folder;
mod key;
mod lock;
mod look;
mod oci;
mod signature;
mod source;

use doorward_core::{Error, ErrorKind, Registry, Result};
use std::sync::Arc;

pub(crate) use folder::{Folder, Parts};
pub(crate) use lock::{Installed, Lock};
pub(crate) use look::{Looked, is_id, look};
pub(crate) use oci::{Artifact, Pushed, push};
pub(crate) use signature::{Key, Trust};
pub(crate) use source::{Fetched, Source, beside_file};

/// All connectors: those that are built in, and those that are installed.
///
/// # Errors
/// When two have the same id, or what is installed is damaged.
pub(crate) fn registry(folder: &Arc<Folder>) -> Result<Registry> {
    let native = Registry::native()?;
    let lock = folder.lock()?;
    for (place, plugin) in lock.plugins.iter().enumerate() {
        let is_built_in = native.get(&plugin.id).is_some();
        if is_built_in || lock.plugins.iter().take(place).any(|other| other.id == plugin.id) {
            return Err(duplicate(&plugin.id, is_built_in));
        }
    }
    native.with(folder.factories()?)
}

fn duplicate(id: &str, is_built_in: bool) -> Error {
    let other = if is_built_in { "a built-in connector" } else { "another plugin" };
    let message = format!("The installed plugin `{id}` has the same id as {other}.");
    Error::new(ErrorKind::InvalidRequest, "duplicate-connector", message).remedy(format!(
        "Nobody could say which of them an integration means. Run `doorward plugin remove {id}`; \
         integrations stay as they are. To have both, install the plugin again with `--id OTHER`."
    ))
}
