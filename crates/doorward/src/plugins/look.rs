//! What a component is: loaded, its imports checked, its descriptor read.

use doorward_core::validation::{Document, Validator};
use doorward_core::{Descriptor, Error, ErrorKind, Factory, Reach, Result};
use doorward_wasm::{Digest, Plugin, PluginFactory, Runtime};
use serde_json::Value;
use std::sync::Arc;

/// The longest id: it becomes part of names of files, and people type it.
const LONGEST_ID: usize = 64;

/// A component that fits this host, and what it says about itself.
pub(crate) struct Looked {
    pub(crate) factory: PluginFactory,
    pub(crate) digest: Digest,
    /// In bytes.
    pub(crate) size: usize,
    /// Where a connection like the example in its schema would lead.
    pub(crate) example_reach: Option<Reach>,
}

impl Looked {
    /// What it says about itself.
    pub(crate) fn descriptor(&self) -> &Descriptor {
        self.factory.descriptor()
    }
}

/// Looks a component over. This compiles it and runs its code, which can reach nothing: whoever
/// wants a signature checked does it before. Until it has said its name, it is called `name`.
///
/// # Errors
/// `ContractViolation` when it is no connector, wants more than a plugin gets, or describes itself
/// in a way that cannot be used.
pub(crate) fn look(runtime: &Arc<Runtime>, name: &str, bytes: Vec<u8>) -> Result<Looked> {
    let (digest, size) = (Digest::of(&bytes), bytes.len());
    let plugin = Plugin::load(runtime, name, digest, || Ok(bytes))?;
    let factory = PluginFactory::of(plugin)?;
    let validator = usable(factory.descriptor())?;
    let example_reach = example(&factory, &validator);
    Ok(Looked { factory, digest, size, example_reach })
}

/// What a descriptor must hold so that commands can rely on it.
fn usable(descriptor: &Descriptor) -> Result<Validator> {
    let id = &descriptor.id;
    if !is_id(id) {
        return Err(unusable(
            "the id must begin with a lower case letter, and go on with lower case letters, digits and \
             `-`, 64 at most",
        ));
    }
    Validator::new(&descriptor.connection_schema)
        .map_err(|error| unusable("the schema of its connections cannot be used").cause(error))
}

/// Whether this can be the id of a connector.
pub(crate) fn is_id(text: &str) -> bool {
    let is_part = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '-');
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.len() <= LONGEST_ID
        && text.chars().all(is_part)
}

fn unusable(what: &str) -> Error {
    Error::new(
        ErrorKind::ContractViolation,
        "plugin-descriptor",
        format!("The plugin describes itself in a way that cannot be used: {what}."),
    )
    .remedy("This is a defect of the plugin: report it to whoever made it.")
}

/// Where the example of its own schema leads. One without a usable example has none; each connection
/// shows its addresses before it is stored.
fn example(factory: &PluginFactory, validator: &Validator) -> Option<Reach> {
    let Value::Array(examples) = factory.descriptor().connection_schema.get("examples")? else {
        return None;
    };
    let text = examples.first()?.to_string();
    let document = Document::parse(text.as_bytes()).ok()?;
    let (connection, _) = validator.validate(&document).ok()?.split();
    Some(factory.open(connection).ok()?.reach())
}

#[cfg(test)]
mod tests {
    use super::is_id;

    #[test]
    fn an_id_is_a_word_that_any_shell_and_file_system_takes() {
        for id in ["entra-id", "a", "scim2"] {
            assert!(is_id(id), "{id}");
        }
        let long = "a".repeat(65);
        for id in ["", "-a", "2a", "Entra", "a/b", "..", "a b", "ä", &long] {
            assert!(!is_id(id), "{id}");
        }
    }
}
