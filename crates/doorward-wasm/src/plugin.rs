//! One component, compiled and checked.

use aws_lc_rs::digest::{SHA256, digest};
use doorward_core::{Descriptor, Error, ErrorKind, Result};
use std::fmt;
use std::sync::{Arc, PoisonError};
use tokio::sync::Semaphore;
use wasmtime::component::Component;

use crate::exports::{Ready, Version};
use crate::imports::linker;
use crate::quota::Shared;
use crate::{Runtime, faults};

/// The package of the interface.
const PACKAGE: &str = "doorward:connector/";
/// What it may import: the interfaces with functions, and those that give names to types.
const IMPORTS: [&str; 10] = [
    "changes",
    "clock",
    "endpoints",
    "http",
    "log",
    "pages",
    "questions",
    "random",
    "report",
    "types",
];

/// The SHA-256 of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut sum = [0; 32];
        for (place, byte) in sum.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
            *place = *byte;
        }
        Self(sum)
    }

    /// From 64 hexadecimal digits, with or without `sha256:` before them.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        // Beside digits, `from_str_radix` takes a sign.
        if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut sum = [0; 32];
        for (index, place) in sum.iter_mut().enumerate() {
            *place = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Self(sum))
    }

    /// 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "sha256:{}", self.hex())
    }
}

/// One component, ready to be called. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    /// What it is called in errors and logs.
    pub(crate) name: Arc<str>,
    // Before the runtime, so that the engine is gone when the runtime's ticker looks for it.
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) runtime: Arc<Runtime>,
}

/// A component, compiled, with its imports resolved; the quotas that all its calls share.
pub(crate) struct Prepared {
    pub(crate) exports: Ready,
    pub(crate) calls: Arc<Semaphore>,
    pub(crate) memory: Arc<Shared>,
}

impl Plugin {
    /// The component of this digest. Its bytes are asked for only when it was not compiled before.
    ///
    /// # Errors
    /// `ContractViolation` when they are no component, or one that does not fit the interface;
    /// those of `bytes`.
    pub fn load(
        runtime: &Arc<Runtime>,
        name: &str,
        digest: Digest,
        bytes: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<Self> {
        let cell = {
            let mut all = runtime.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(digest).or_default())
        };
        // Kept while it is compiled: who wants the same waits for it, who wants another does not.
        let mut kept = cell.lock().unwrap_or_else(PoisonError::into_inner);
        let prepared = match kept.upgrade() {
            Some(prepared) => prepared,
            None => {
                let prepared = Arc::new(prepare(runtime, name, &digest, bytes)?);
                *kept = Arc::downgrade(&prepared);
                prepared
            }
        };
        drop(kept);
        Ok(Self { name: name.into(), runtime: Arc::clone(runtime), prepared })
    }

    /// The component that these bytes are.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_bytes(runtime: &Arc<Runtime>, name: &str, bytes: Vec<u8>) -> Result<Self> {
        Self::load(runtime, name, Digest::of(&bytes), || Ok(bytes))
    }

    /// Asks one instance so often what the connector says: for the bench of a call alone.
    ///
    /// # Errors
    /// As [`describe`](Self::describe).
    #[doc(hidden)]
    pub fn describe_repeatedly(&self, times: u32) -> Result<()> {
        self.pure(|exports, store| {
            Box::pin(async move {
                for _ in 0..times {
                    exports.describe(store).await?;
                }
                Ok(())
            })
        })
    }

    /// What the connector says about itself.
    ///
    /// # Errors
    /// `ContractViolation` when it says nothing that can be read.
    pub fn describe(&self) -> Result<Descriptor> {
        let text = self.pure(|exports, store| Box::pin(exports.describe(store)))?;
        serde_json::from_str(&text).map_err(|error| {
            faults::violation(&self.name, "plugin-descriptor", "has no usable descriptor")
                .cause(error)
        })
    }
}

fn prepare(
    runtime: &Runtime,
    name: &str,
    digest: &Digest,
    bytes: impl FnOnce() -> Result<Vec<u8>>,
) -> Result<Prepared> {
    let cache = runtime.compiled.as_ref();
    if let Some(component) = cache.and_then(|cache| cache.get(&runtime.engine, digest)) {
        return checked(runtime, name, &component);
    }
    let component = compile(runtime, name, digest, bytes()?)?;
    let prepared = checked(runtime, name, &component)?;
    // What is refused is not kept.
    if let Some(cache) = cache {
        cache.put(&runtime.engine, digest, &component);
    }
    Ok(prepared)
}

fn compile(runtime: &Runtime, name: &str, digest: &Digest, bytes: Vec<u8>) -> Result<Component> {
    if Digest::of(&bytes) != *digest {
        return Err(Error::new(
            ErrorKind::DeniedByPolicy,
            "plugin-changed",
            format!("The file of the plugin `{name}` is not the one that was installed."),
        )
        .remedy("Somebody replaced or damaged it. Install it again from where you trust it."));
    }
    Component::from_binary(&runtime.engine, &bytes).map_err(|error| {
        faults::violation(name, "plugin-no-component", "is no WebAssembly component")
            .remedy("Build it with `doorward plugin build`; a core module alone is not enough.")
            .cause(error.root_cause())
    })
}

fn checked(runtime: &Runtime, name: &str, component: &Component) -> Result<Prepared> {
    check_imports(runtime, name, component)?;
    let version = version(runtime, name, component)?;
    let unfit = |error: wasmtime::Error| {
        faults::violation(name, "plugin-interface", "does not fit the interface")
            .remedy("Build it anew with the interface of this host, `schemas/wit`.")
            .cause(error.root_cause())
    };
    let linker = linker(&runtime.engine)
        .map_err(|error| Error::internal("The host's interface is broken.").cause(error))?;
    let instance = linker.instantiate_pre(component).map_err(unfit)?;
    Ok(Prepared {
        exports: Ready::new(instance, version).map_err(unfit)?,
        calls: Arc::new(Semaphore::new(runtime.limits.plugin_calls)),
        memory: Shared::new(runtime.limits.plugin_memory),
    })
}

/// A component that wants more than the interface has is refused, with what it wants: that refusal
/// is what proves that it can do no more.
fn check_imports(runtime: &Runtime, name: &str, component: &Component) -> Result<()> {
    let shape = component.component_type();
    let foreign: Vec<&str> = shape
        .imports(&runtime.engine)
        .map(|(import, _)| import)
        .filter(|import| !is_served(import))
        .collect();
    if foreign.is_empty() {
        return Ok(());
    }
    Err(faults::violation(
        name,
        "plugin-imports",
        format!(
            "wants what no plugin gets: {}{}",
            foreign.iter().take(10).copied().collect::<Vec<_>>().join(", "),
            if foreign.len() > 10 { ", …" } else { "" }
        ),
    )
    .remedy(
        "A connector reaches the outside through `doorward:connector` only: no files, sockets, \
         environment or clocks. Build it without WASI.",
    )
    .attribute("imports", foreign.into_iter().take(10).collect::<Vec<_>>()))
}

/// Whether an import is one of the interface's, in whatever version; the linker looks at that.
fn is_served(import: &str) -> bool {
    let name = import.strip_prefix(PACKAGE).and_then(|rest| rest.split('@').next());
    name.is_some_and(|name| IMPORTS.contains(&name))
}

/// The version of the interface that the component speaks.
fn version(runtime: &Runtime, name: &str, component: &Component) -> Result<Version> {
    let shape = component.component_type();
    let exports: Vec<&str> = shape.exports(&runtime.engine).map(|(export, _)| export).collect();
    if let Some(version) = exports.iter().find_map(|export| Version::of(export)) {
        return Ok(version);
    }
    let other = exports.iter().find(|export| export.starts_with(PACKAGE));
    let what = match other {
        Some(export) => format!("speaks `{export}`, which this host does not"),
        None => "is no connector: it does not export `doorward:connector/connector`".to_owned(),
    };
    Err(faults::violation(name, "plugin-version", what)
        .remedy("Build it anew with the interface of this host, `schemas/wit`."))
}
