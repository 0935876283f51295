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
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) use folder::{Folder, Parts};
pub(crate) use lock::{Installed, Lock};
pub(crate) use look::{Looked, is_id, look};
pub(crate) use oci::{Artifact, Pushed, push};
pub(crate) use signature::{Key, Trust};
pub(crate) use source::{Fetched, Source, beside_file, component_of_file};

/// All connectors: those that are built in, and those that are installed. A plugin that is damaged,
/// or has the id of another connector, cannot be used, and the others go on.
///
/// # Errors
/// When the list of what is installed cannot be used.
pub(crate) fn registry(folder: &Arc<Folder>) -> Result<Registry> {
    let native = Registry::native()?;
    let built_in: BTreeSet<String> =
        native.iter().map(|factory| factory.descriptor().id.clone()).collect();
    let mut seen = BTreeSet::new();
    let mut registry = native;
    for (id, factory) in folder.factories()?.iter() {
        registry = if built_in.contains(id) || !seen.insert(id) {
            registry.with_unusable(id.clone(), duplicate(id, built_in.contains(id)))
        } else {
            match factory {
                Ok(factory) => registry.with([*factory])?,
                Err(why) => registry.with_unusable(id.clone(), why.clone()),
            }
        };
    }
    Ok(registry)
}

fn duplicate(id: &str, is_built_in: bool) -> Error {
    let other = if is_built_in { "a built-in connector" } else { "another plugin" };
    let message = format!("The installed plugin `{id}` has the same id as {other}.");
    Error::new(ErrorKind::InvalidRequest, "duplicate-connector", message).remedy(format!(
        "Nobody could say which of them an integration means. Run `doorward plugin remove {id}`; \
         integrations stay as they are. To have both, install the plugin again with `--id OTHER`."
    ))
}
