//! The one engine of a program, with its quotas.

use doorward_core::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
};

use crate::cpu::Ticker;
use crate::plugin::Prepared;
use crate::quota::Shared;
use crate::{CompiledCode, Digest};

/// Core instances, memories and tables that a component of a language with an interpreter is made
/// of; one in Rust needs a handful.
const PARTS: u32 = 40;

/// What plugins may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long one call may compute, waiting not counted; 10 seconds.
    pub cpu: Duration,
    /// Memory of one call, in bytes; 256 MiB.
    pub call_memory: usize,
    /// Memory of all calls of one plugin; 1 GiB.
    pub plugin_memory: usize,
    /// Memory of all calls of all plugins; 4 GiB.
    pub host_memory: usize,
    /// Bytes that one call may hand over at once; 32 MiB.
    pub handed_over: usize,
    /// Calls of one plugin at once; more wait. 32.
    pub plugin_calls: usize,
    /// Calls of all plugins at once; more wait. 64.
    pub host_calls: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu: Duration::from_secs(10),
            call_memory: 256 << 20,
            plugin_memory: 1 << 30,
            host_memory: 4 << 30,
            handed_over: 32 << 20,
            plugin_calls: 32,
            host_calls: 64,
        }
    }
}

/// What runs plugins: one for a program.
pub struct Runtime {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) ticker: Ticker,
    pub(crate) calls: Arc<Semaphore>,
    pub(crate) memory: Arc<Shared>,
    pub(crate) compiled: Option<CompiledCode>,
    /// Each component is prepared once, however many integrations use it.
    pub(crate) prepared: Mutex<BTreeMap<Digest, Arc<Mutex<Weak<Prepared>>>>>,
}

impl Runtime {
    /// A runtime; without a place for compiled code, each start compiles anew.
    ///
    /// # Errors
    /// `Internal` when this machine cannot run components.
    pub fn new(limits: Limits, compiled: Option<CompiledCode>) -> Result<Arc<Self>> {
        let engine = Engine::new(&config(&limits)).map_err(|error| {
            Error::internal("Plugins cannot be run on this machine.")
                .remedy(
                    "Check whether the memory that a process may reserve is limited (`ulimit -v`). \
                     Built-in connectors do not need it.",
                )
                .cause(error)
        })?;
        Ok(Arc::new(Self {
            ticker: Ticker::start(&engine).map_err(|error| {
                Error::internal("No thread could be had to look after plugins.").cause(error)
            })?,
            calls: Arc::new(Semaphore::new(limits.host_calls as usize)),
            memory: Shared::new(limits.host_memory),
            engine,
            limits,
            compiled,
            prepared: Mutex::default(),
        }))
    }
}

fn config(limits: &Limits) -> Config {
    // Beside the calls that wait for each other, the pure ones, which cannot wait.
    let instances = limits.host_calls.saturating_add(16);
    let parts = instances.saturating_mul(PARTS);
    let mut pooling = PoolingAllocationConfig::new();
    pooling
        .total_component_instances(instances)
        .total_core_instances(parts)
        .total_memories(instances.saturating_mul(2))
        .total_tables(parts)
        .total_stacks(instances)
        .max_core_instances_per_component(PARTS)
        .max_memories_per_component(2)
        .max_tables_per_component(PARTS)
        .max_component_instance_size(4 << 20)
        .max_memory_size(limits.call_memory)
        .table_elements(50_000)
        .max_unused_warm_slots(4)
        // Only what a call wrote to is reset, where the kernel tells it (Linux 6.7): most of a
        // memory's beginning is stack that nobody used.
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(64 << 10);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pooling))
        .concurrency_support(false)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .max_wasm_stack(1 << 20)
        .async_stack_size(2 << 20);
    config
}
