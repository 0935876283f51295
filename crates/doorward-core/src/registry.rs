//! Which connectors there are.

use std::collections::BTreeMap;

use crate::{Error, ErrorKind, Factory, Result};

/// A native connector, submitted by its crate with [`register!`](crate::register).
pub struct Registration {
    factory: fn() -> &'static dyn Factory,
}

impl Registration {
    /// A registration of the factory that the function gives.
    pub const fn new(factory: fn() -> &'static dyn Factory) -> Self {
        Self { factory }
    }
}

inventory::collect!(Registration);

/// Registers a native connector: `doorward_core::register!(|| &*FACTORY);`.
///
/// Only crates that the binary links are seen.
#[macro_export]
macro_rules! register {
    ($factory:expr) => {
        $crate::inventory::submit! { $crate::Registration::new($factory) }
    };
}

/// The connectors by id.
#[derive(Default)]
pub struct Registry {
    factories: BTreeMap<String, &'static dyn Factory>,
    unusable: BTreeMap<String, Error>,
}

impl Registry {
    /// The connectors that the program links.
    ///
    /// # Errors
    /// `Internal` when two have the same id.
    pub fn native() -> Result<Self> {
        Self::new(inventory::iter::<Registration>.into_iter().map(|entry| (entry.factory)()))
    }

    /// These connectors.
    ///
    /// # Errors
    /// `Internal` when two have the same id.
    pub fn new(factories: impl IntoIterator<Item = &'static dyn Factory>) -> Result<Self> {
        Self::default().with(factories)
    }

    /// These connectors, too.
    ///
    /// # Errors
    /// `Internal` when two have the same id.
    pub fn with(
        mut self,
        factories: impl IntoIterator<Item = &'static dyn Factory>,
    ) -> Result<Self> {
        for factory in factories {
            let id = factory.descriptor().id.clone();
            if self.factories.insert(id.clone(), factory).is_some() {
                return Err(Error::new(
                    ErrorKind::Internal,
                    "duplicate-connector",
                    format!("Two connectors have the id `{id}`."),
                )
                .remedy("Remove one of them, and start again."));
            }
        }
        Ok(self)
    }

    /// The same, but the connector of this id cannot be used, for this reason. Whoever asks for
    /// another does not hear of it.
    #[must_use]
    pub fn with_unusable(mut self, id: String, why: Error) -> Self {
        self.factories.remove(&id);
        self.unusable.insert(id, why);
        self
    }

    /// The connectors that are known and cannot be used, by id, and why.
    pub fn unusable(&self) -> &BTreeMap<String, Error> {
        &self.unusable
    }

    /// The connector of this id, unless it is unknown or unusable.
    pub fn get(&self, id: &str) -> Option<&'static dyn Factory> {
        self.factories.get(id).copied()
    }

    /// All connectors that can be used, by id.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Factory> + '_ {
        self.factories.values().copied()
    }
}
