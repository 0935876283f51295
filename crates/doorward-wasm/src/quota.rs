//! How much memory plugins take: each call, each plugin, all of them together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::ResourceLimiter;

use crate::faults::Fault;

/// Memory that several calls share.
pub(crate) struct Shared {
    limit: usize,
    taken: AtomicUsize,
}

impl Shared {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, taken: AtomicUsize::new(0) })
    }

    fn take(&self, bytes: usize) -> bool {
        let taken = |before: usize| before.checked_add(bytes).filter(|after| *after <= self.limit);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The memory of one call, given back when it is over.
pub(crate) struct Memory {
    limit: usize,
    taken: usize,
    plugin: Arc<Shared>,
    host: Arc<Shared>,
}

impl Memory {
    pub(crate) fn new(limit: usize, plugin: &Arc<Shared>, host: &Arc<Shared>) -> Self {
        Self { limit, taken: 0, plugin: Arc::clone(plugin), host: Arc::clone(host) }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Fault> {
        let after = self.taken.saturating_add(bytes);
        if after > self.limit {
            return Err(Fault::CallMemory { limit: self.limit });
        }
        if !self.plugin.take(bytes) {
            return Err(Fault::PluginMemory { limit: self.plugin.limit });
        }
        if !self.host.take(bytes) {
            self.plugin.give_back(bytes);
            return Err(Fault::HostMemory { limit: self.host.limit });
        }
        self.taken = after;
        Ok(())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.plugin.give_back(self.taken);
        self.host.give_back(self.taken);
    }
}

/// An allocation that fails traps: a plugin that goes on without what it asked for does nobody any
/// good.
impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.take(desired.saturating_sub(current)).map_err(wasmtime::Error::new)?;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let elements = desired.saturating_sub(current);
        self.take(elements.saturating_mul(size_of::<usize>())).map_err(wasmtime::Error::new)?;
        Ok(true)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_measure_and_gives_back() {
        let (plugin, host) = (Shared::new(100), Shared::new(150));
        let other = Shared::new(100);
        let mut first = Memory::new(80, &plugin, &host);
        assert!(first.memory_growing(0, 80, None).unwrap());
        assert!(matches!(first.take(1), Err(Fault::CallMemory { limit: 80 })));
        let mut second = Memory::new(80, &plugin, &host);
        assert!(matches!(second.take(21), Err(Fault::PluginMemory { limit: 100 })));
        let mut third = Memory::new(80, &other, &host);
        assert!(third.take(70).is_ok());
        assert!(matches!(third.take(1), Err(Fault::HostMemory { limit: 150 })));
        drop(first);
        assert!(third.take(1).is_ok());
        assert!(second.take(21).is_ok());
        drop((second, third));
        assert_eq!(host.taken.load(Ordering::Relaxed), 0);
        assert_eq!(plugin.taken.load(Ordering::Relaxed), 0);
        assert_eq!(other.taken.load(Ordering::Relaxed), 0);
    }
}
