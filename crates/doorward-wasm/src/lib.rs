//! A WebAssembly component becomes a connector.
//!
//! A [`Runtime`] holds the one engine of the program with its quotas; a [`Plugin`] is one component,
//! compiled and checked; its [`PluginFactory`] is a `Factory` like a native connector's, and nothing
//! above it can tell.
//!
//! Each call of a connector gets a store and an instance of its own, dropped afterwards: nothing
//! leaks from one call into the next, and there is nothing to repair after a trap. The component has
//! no WASI: its only way out is the `Context` of the call, so that all policy of `doorward-http`
//! holds for it as for a native connector.

mod bindings;
mod cache;
mod call;
mod connector;
// One source for both halves of the interface; each is built with bindings of its own.
#[path = "../../doorward-guest/src/convert/mod.rs"]
mod convert;
mod cpu;
mod exports;
mod faults;
mod former;
mod imports;
mod plugin;
mod quota;
mod runtime;

/// Reads what a plugin handed over, and lets it take so much memory and no more.
fn read<T: convert::IntoCore>(given: T) -> Result<T::Core, convert::Malformed> {
    /// In bytes: as much as a call has for itself.
    const MOST: usize = 256 << 20;
    convert::ROOM.set(MOST);
    given.into_core()
}

pub use cache::CompiledCode;
pub use connector::PluginFactory;
pub use plugin::{Digest, Plugin};
pub use runtime::{Limits, Runtime};
