//! Components that `cargo xtask wasm` built.

use doorward_core::Factory;
use doorward_entra_id::EntraId;
use doorward_wasm::{CompiledCode, Limits, Plugin, PluginFactory, Runtime};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

/// Set to `component`, it runs the tests of the built-in connector with the one that is a component.
pub const CONNECTOR: &str = "DOORWARD_TEST_CONNECTOR";

/// Vouches for compiled code in the tests: their processes share it.
const KEY: [u8; 32] = [7; 32];

/// Where components are built to: beside the profile that this program was built in.
pub fn directory() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().join("plugins")
}

/// The bytes of a component; `None`, said loudly, where it was not built. In CI that fails.
pub fn component(id: &str) -> Option<Vec<u8>> {
    let path = directory().join(format!("{id}.wasm"));
    if let Ok(bytes) = std::fs::read(&path) {
        return Some(bytes);
    }
    let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(!in_ci, "{} is missing: `cargo xtask wasm` builds it", path.display());
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    let () = eprintln!("SKIPPED: {} is missing; `cargo xtask wasm` builds it", path.display());
    None
}

/// A runtime that keeps compiled code for the other tests.
pub fn runtime(limits: Limits) -> Arc<Runtime> {
    let compiled = CompiledCode::new(&directory().join("compiled"), &KEY);
    Runtime::new(limits, Some(compiled)).unwrap()
}

/// The component of this id, loaded; `None` where it was not built.
pub fn plugin(id: &str) -> Option<Plugin> {
    let bytes = component(id)?;
    Some(Plugin::from_bytes(&runtime(Limits::default()), id, bytes).unwrap())
}

/// Whether the tests run with the component in place of the built-in connector.
pub fn are_components_tested() -> bool {
    std::env::var_os(CONNECTOR).is_some_and(|value| value == "component")
}

/// The connector for Entra ID: the built-in one, or its component.
pub fn entra_id() -> &'static dyn Factory {
    static COMPONENT: LazyLock<PluginFactory> = LazyLock::new(|| {
        let plugin = plugin("entra-id").expect("without the component there is nothing to test");
        PluginFactory::of(plugin).unwrap()
    });
    if are_components_tested() { &*COMPONENT } else { &EntraId }
}
