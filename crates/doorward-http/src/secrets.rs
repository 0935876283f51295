//! The secrets of one connection.

use doorward_core::Result;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::errors;

type Kept = BTreeMap<String, SecretString>;

/// Secrets by the JSON pointer that a connector sees in their place.
#[derive(Clone)]
pub struct Secrets(Source);

#[derive(Clone)]
enum Source {
    Kept(Kept),
    Asked(Arc<dyn Fn() -> Result<Kept> + Send + Sync>),
}

impl Secrets {
    /// No secrets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Secrets that are asked for anew for every token: one that was replaced meanwhile counts from
    /// the next token on, and one that its issuer renews every hour never goes stale.
    pub fn asked(ask: impl Fn() -> Result<Kept> + Send + Sync + 'static) -> Self {
        Self(Source::Asked(Arc::new(ask)))
    }

    /// Adds a secret, or replaces it. What is asked for is not changed.
    pub fn insert(&mut self, pointer: impl Into<String>, secret: SecretString) {
        if let Source::Kept(kept) = &mut self.0 {
            kept.insert(pointer.into(), secret);
        }
    }

    /// The secrets at these pointers, in their order, as they are at one moment.
    ///
    /// # Errors
    /// `InvalidConnection` when one is missing, and the errors of whoever is asked.
    pub(crate) fn get<'a>(
        &self,
        pointers: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<SecretString>> {
        let asked;
        let secrets = match &self.0 {
            Source::Kept(kept) => kept,
            Source::Asked(ask) => {
                asked = ask()?;
                &asked
            }
        };
        let find = |pointer| secrets.get(pointer).cloned().ok_or_else(|| missing(pointer));
        pointers.into_iter().map(find).collect()
    }

    /// Refuses a secret that is missing for sure. Asks nobody.
    ///
    /// # Errors
    /// `InvalidConnection`.
    pub(crate) fn expect(&self, pointer: &str) -> Result<()> {
        match &self.0 {
            Source::Kept(kept) if !kept.contains_key(pointer) => Err(missing(pointer)),
            _ => Ok(()),
        }
    }
}

fn missing(pointer: &str) -> doorward_core::Error {
    errors::invalid("missing-secret", format!("The connection holds no secret at `{pointer}`."))
}

impl Default for Secrets {
    fn default() -> Self {
        Self(Source::Kept(Kept::new()))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Kept(kept) => formatter.debug_tuple("Secrets").field(kept).finish(),
            Source::Asked(_) => formatter.write_str("Secrets(asked)"),
        }
    }
}

impl<P: Into<String>> FromIterator<(P, SecretString)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (P, SecretString)>>(secrets: I) -> Self {
        let kept = secrets.into_iter().map(|(pointer, secret)| (pointer.into(), secret));
        Self(Source::Kept(kept.collect()))
    }
}
