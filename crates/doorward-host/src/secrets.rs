//! Where secrets come from: the vault, or what the operator named instead.

use doorward_core::Result;
use secrecy::SecretString;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Vault;
use crate::opened::{connection_changed, stored_now};
use crate::store::{Integration, Store};

/// Where secrets that are not stored come from, by pointer: `{"env": …}` or `{"file": …}`.
pub type SecretSources = BTreeMap<String, Value>;

/// Fetches a secret that is not stored. The local command line reads the environment and files; a
/// server would refuse.
pub trait SourceResolver: Send + Sync {
    /// The secret that the source object names.
    ///
    /// # Errors
    /// `InvalidConnection` when it cannot be had.
    fn resolve(&self, source: &Value) -> Result<SecretString>;
}

/// Secrets in the open, by pointer.
pub(crate) type Revealed = BTreeMap<String, SecretString>;

/// How often secrets are read before somebody who replaces them all the time wins.
const LOOKS: usize = 3;

/// What gives the secrets of integrations.
pub(crate) struct Secrets {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: Vault,
    pub(crate) resolver: Arc<dyn SourceResolver>,
}

impl Secrets {
    /// The secrets of an integration that was opened before.
    ///
    /// # Errors
    /// `InvalidConnection` when one cannot be had; `Unavailable` when the connection was replaced
    /// since: the new secret may belong to another place.
    pub(crate) fn of_opened(&self, opened: &Integration) -> Result<Revealed> {
        // A secret that is replaced at this moment is no reason to stop: the next look has it whole.
        for _ in 0..LOOKS {
            let stored = stored_now(self.store.as_ref(), opened)?;
            let secrets = self.reveal(&stored, None)?;
            let after = stored_now(self.store.as_ref(), opened)?;
            if after.updated == stored.updated {
                return Ok(secrets);
            }
        }
        Err(connection_changed(opened))
    }

    /// The integration's secrets, from the vault and from their sources, but for one that is about
    /// to be replaced: it may not be readable any more.
    ///
    /// # Errors
    /// `InvalidConnection` when one cannot be had.
    pub(crate) fn reveal(&self, integration: &Integration, but: Option<&str>) -> Result<Revealed> {
        let mut secrets = Revealed::new();
        for sealed in self.store.secrets(&integration.id)? {
            if but == Some(sealed.pointer.as_str()) {
                continue;
            }
            let secret = self.vault.open(&integration.id, &sealed)?;
            secrets.insert(sealed.pointer, secret);
        }
        for (pointer, source) in &integration.sources {
            if but == Some(pointer.as_str()) {
                continue;
            }
            secrets.insert(pointer.clone(), self.resolver.resolve(source)?);
        }
        Ok(secrets)
    }
}
