//! What a plugin did wrong, for people.

use doorward_core::{Error, ErrorKind};
use std::fmt;
use std::time::Duration;
use wasmtime::{PoolConcurrencyLimitError, Trap};

use crate::convert::Malformed;

/// Why the host stopped a call.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It computed for longer than a call may.
    Cpu { limit: Duration },
    /// One call asked for more memory than it may have.
    CallMemory { limit: usize },
    /// The calls of the plugin did, together.
    PluginMemory { limit: usize },
    /// The calls of all plugins did, together: nobody's fault.
    HostMemory { limit: usize },
    /// A pure export logged more than the words of a panic.
    Log { limit: usize },
    /// A pure export asked for what only a call with a context has.
    NotPure(&'static str),
    /// What it handed over fits the types, and means nothing.
    Malformed(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl std::error::Error for Fault {}

impl From<Malformed> for Fault {
    fn from(Malformed(what): Malformed) -> Self {
        Self::Malformed(what)
    }
}

/// The plugin broke a rule of the contract. Never retried: the provider has no part in it.
pub(crate) fn violation(plugin: &str, reason: &str, what: impl fmt::Display) -> Error {
    Error::new(ErrorKind::ContractViolation, reason, format!("The plugin `{plugin}` {what}."))
        .remedy(
            "This is a defect of the plugin, not of Doorward or the provider. Report it to whoever \
             made the plugin. What the call may have changed is in `doorward journal list`.",
        )
        .attribute("plugin", plugin)
}

/// Why a call of the plugin ended without an answer.
pub(crate) fn explain(plugin: &str, error: &wasmtime::Error) -> Error {
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return of_fault(plugin, fault);
    }
    if let Some(limit) = error.downcast_ref::<PoolConcurrencyLimitError>() {
        return busy(plugin).cause(limit);
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return of_trap(plugin, *trap);
    }
    // wasmtime gives this one no type of its own; its version is pinned, and a test holds it.
    if error.root_cause().to_string().contains("fuel allocated for hostcalls") {
        return violation(plugin, "plugin-answer-too-large", "handed over more than a call may");
    }
    violation(plugin, "plugin-broken", "broke").cause(error.root_cause())
}

fn of_fault(plugin: &str, fault: &Fault) -> Error {
    let mebibytes = |bytes: &usize| bytes >> 20;
    match fault {
        Fault::Cpu { limit } => violation(
            plugin,
            "plugin-cpu",
            format!("computed for more than {limit:?} in one call, and was stopped"),
        ),
        Fault::CallMemory { limit } => violation(
            plugin,
            "plugin-memory",
            format!("asked for more than {} MiB of memory in one call", mebibytes(limit)),
        ),
        Fault::PluginMemory { limit } => violation(
            plugin,
            "plugin-memory",
            format!("asked for more than {} MiB of memory in all its calls", mebibytes(limit)),
        ),
        Fault::HostMemory { limit } => {
            busy(plugin).cause(format!("all plugins together have {} MiB", mebibytes(limit)))
        }
        Fault::Log { limit } => violation(
            plugin,
            "plugin-log",
            format!("logged more than {} KiB where it should log nothing", limit >> 10),
        ),
        Fault::NotPure(what) => violation(
            plugin,
            "plugin-not-pure",
            format!("asked for {what} where it may ask for nothing"),
        ),
        Fault::Malformed(what) => violation(
            plugin,
            "plugin-malformed",
            format!("handed over what cannot be read: {what}"),
        ),
    }
}

fn of_trap(plugin: &str, trap: Trap) -> Error {
    match trap {
        Trap::StackOverflow => {
            violation(plugin, "plugin-stack", "called itself too deeply, and was stopped")
        }
        _ => violation(
            plugin,
            "plugin-trapped",
            "broke off; what it said before, if anything, is in the log",
        )
        .cause(trap),
    }
}

/// Other plugins take all that there is.
fn busy(plugin: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "plugins-busy",
        format!("There is no room for a call of the plugin `{plugin}` beside those that run."),
    )
    .remedy("Try again when fewer calls run at once.")
    .retry(doorward_core::Retry::Backoff)
}
