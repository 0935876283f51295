//! The secrets of one connection.

use secrecy::SecretString;
use std::collections::BTreeMap;

/// Secrets by the JSON pointer that a connector sees in their place.
#[derive(Clone, Debug, Default)]
pub struct Secrets(BTreeMap<String, SecretString>);

impl Secrets {
    /// No secrets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret, or replaces it.
    pub fn insert(&mut self, pointer: impl Into<String>, secret: SecretString) {
        self.0.insert(pointer.into(), secret);
    }

    /// The secret at this pointer.
    pub fn get(&self, pointer: &str) -> Option<&SecretString> {
        self.0.get(pointer)
    }
}

impl<P: Into<String>> FromIterator<(P, SecretString)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (P, SecretString)>>(secrets: I) -> Self {
        Self(secrets.into_iter().map(|(pointer, secret)| (pointer.into(), secret)).collect())
    }
}
