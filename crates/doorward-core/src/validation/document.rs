//! A connection's text, parsed, before it is validated.

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroize;

use super::Validator;
use super::finding::{Finding, Problems};
use super::repair::repair;
use super::syntax;
use super::text::Text;
use super::tree::Node;
use crate::{Error, Result};

/// A connection's text, parsed, with the place of every value: not yet validated.
///
/// It holds secrets: they are wiped when it is dropped, and `Debug` shows none.
pub struct Document {
    pub(super) text: Text,
    pub(super) root: Node,
    pub(super) value: Wiped,
    /// What is wrong with the syntax.
    pub(super) problems: Problems,
}

/// A secret that the connection does not hold but refers to, on the local command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSource {
    /// The JSON pointer of the secret within the connection.
    pub pointer: String,
    /// Where the secret is.
    pub origin: SecretOrigin,
}

/// Where a secret is, instead of in the connection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretOrigin {
    /// The name of an environment variable.
    Env(String),
    /// The path of a file that holds the secret and nothing else.
    File(String),
    /// A program and its arguments; it prints the secret.
    Command(Vec<String>),
}

impl SecretOrigin {
    /// The origin that a JSON object names, if it is one.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let origin = Self::deserialize(value).ok()?;
        let named = match &origin {
            Self::Env(name) => !name.is_empty(),
            Self::File(path) => !path.is_empty(),
            Self::Command(words) => words.first().is_some_and(|program| !program.is_empty()),
        };
        named.then_some(origin)
    }
}

impl Document {
    /// Reads the text of a connection, as far as it can be read.
    ///
    /// # Errors
    /// The findings, when no tree can be made of the text. Otherwise they come with those of
    /// [`Validator::validate`].
    pub fn parse(text: &[u8]) -> Result<Self, Vec<Finding>> {
        let mut problems = Problems::default();
        let Some(text) = Text::decode(text, &mut problems) else {
            return Err(problems.into_findings(&Text::default()));
        };
        let parsed = repair(&text, &mut problems)
            .and_then(|mut repaired| syntax::parse(&mut repaired, &mut problems));
        let Some((root, value)) = parsed else {
            return Err(problems.into_findings(&text));
        };
        problems.locate(|at| root.pointer_at(at));
        Ok(Self { text, root, value: Wiped(value), problems })
    }

    /// The secrets that the connection only refers to: `{"env": NAME}`, `{"file": PATH}` or
    /// `{"command": [PROGRAM, ARGUMENT, …]}` in place of the secret.
    ///
    /// Only a local command line may follow them, with [`resolve`](Self::resolve), before validation:
    /// whoever sends a connection to a server must not read the server's files.
    pub fn secret_sources(&self, validator: &Validator) -> Vec<SecretSource> {
        validator
            .secret_pointers()
            .filter_map(|pointer| {
                Some(SecretSource {
                    pointer: pointer.to_owned(),
                    origin: SecretOrigin::read(self.value.0.pointer(pointer)?)?,
                })
            })
            .collect()
    }

    /// Puts a secret in the place of the reference at `pointer`. The caller has cut off the line
    /// break at the end of a file or of a program's output; findings about the secret point to the
    /// reference.
    ///
    /// # Errors
    /// `Internal` when `pointer` is not that of a [`SecretSource`] of this document.
    pub fn resolve(&mut self, pointer: &str, secret: String) -> Result<()> {
        match self.value.0.pointer_mut(pointer) {
            Some(reference @ Value::Object(_)) => {
                *reference = Value::String(secret);
                Ok(())
            }
            _ => Err(Error::internal(format!("No secret is referred to at {pointer}."))),
        }
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Document").finish_non_exhaustive()
    }
}

/// A value whose texts are wiped when it is dropped.
pub(super) struct Wiped(pub(super) Value);

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        _ => {}
    }
}
