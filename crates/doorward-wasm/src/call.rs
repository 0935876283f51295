//! One call of a component: a store, an instance, an answer, and nothing left.

use doorward_core::{Context, Error, Result};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{Store, UpdateDeadline};

use crate::cpu::Stopwatch;
use crate::exports::Exports;
use crate::faults::{self, Fault};
use crate::imports::State;
use crate::plugin::Plugin;
use crate::quota::Memory;

/// How long a pure export may compute.
const PURE: Duration = Duration::from_secs(2);

/// An export that is being called.
type Called<'a, T> = BoxFuture<'a, wasmtime::Result<T>>;

impl Plugin {
    /// Calls an export that may wait for HTTP. When the future is dropped, the instance is, with
    /// whatever it waits for.
    ///
    /// # Errors
    /// `ContractViolation` when the plugin broke; `Unavailable` when there is no room for it.
    pub(crate) async fn call<T, F>(&self, context: Context, export: F) -> Result<T>
    where
        F: for<'a> FnOnce(&'a Exports, &'a mut Store<State>) -> Called<'a, T> + Send,
        T: Send,
    {
        // Only a closed semaphore gives none, and nobody closes these.
        let closed = |_| Error::internal("The runtime of plugins is closed.");
        let _own = Arc::clone(&self.prepared.calls).acquire_owned().await.map_err(closed)?;
        let _all = Arc::clone(&self.runtime.calls).acquire_owned().await.map_err(closed)?;
        self.run(Some(context), export).await
    }

    /// Calls an export that waits for nothing.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub(crate) fn pure<T, F>(&self, export: F) -> Result<T>
    where
        F: for<'a> FnOnce(&'a Exports, &'a mut Store<State>) -> Called<'a, T> + Send,
        T: Send,
    {
        // It has no import to wait for, and its epochs do not yield: it is ready when polled.
        self.run(None, export).now_or_never().unwrap_or_else(|| {
            Err(faults::violation(&self.name, "plugin-not-pure", "waits where it may not"))
        })
    }

    async fn run<T, F>(&self, context: Option<Context>, export: F) -> Result<T>
    where
        F: for<'a> FnOnce(&'a Exports, &'a mut Store<State>) -> Called<'a, T> + Send,
        T: Send,
    {
        let _ticking = self.runtime.ticker.call();
        let mut store = self.store(context);
        let stopwatch = Arc::clone(&store.data().stopwatch);
        let called = stopwatch.measure(async {
            let exports = self.prepared.exports.instantiate(&mut store).await?;
            export(&exports, &mut store).await
        });
        called.await.map_err(|error| faults::explain(&self.name, &error))
    }

    fn store(&self, context: Option<Context>) -> Store<State> {
        let limits = &self.runtime.limits;
        let is_pure = context.is_none();
        let memory = Memory::new(limits.call_memory, &self.prepared.memory, &self.runtime.memory);
        let state = State {
            context,
            plugin: Arc::clone(&self.name),
            memory,
            stopwatch: Arc::new(Stopwatch::default()),
            logged: 0,
        };
        let mut store = Store::new(&self.runtime.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(limits.handed_over);
        store.set_epoch_deadline(1);
        // Who calls a pure export waits on its own thread.
        let most = if is_pure { limits.cpu.min(PURE) } else { limits.cpu };
        store.epoch_deadline_callback(move |store| {
            if store.data().stopwatch.spent() > most {
                return Err(wasmtime::Error::new(Fault::Cpu { limit: most }));
            }
            // Others get their turn, and a call that was ended is dropped here.
            Ok(if is_pure { UpdateDeadline::Continue(1) } else { UpdateDeadline::Yield(1) })
        });
        store
    }
}
