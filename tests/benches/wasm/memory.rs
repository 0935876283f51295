//! What a plugin keeps while nobody calls it.

use doorward_tests::plugins;
use doorward_wasm::{CompiledCode, Limits, Plugin, Runtime};
use std::sync::Arc;

use crate::report::Report;

/// Memory of this process that is in use, in KiB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

/// Loads one plugin after another into one runtime, and calls it once: what is kept afterwards,
/// without the code itself.
pub(crate) fn measure(report: &mut Report) {
    let directory = tempfile::tempdir().unwrap();
    let code = || CompiledCode::new(directory.path(), &[1; 32]);
    let ids = ["former", "hostile", "entra-id"];
    let load = |runtime: &Arc<Runtime>, id: &str| {
        Plugin::from_bytes(runtime, id, plugins::component(id).expect("`cargo xtask wasm`"))
            .unwrap()
    };
    // Compiled once, so that the compiler's own memory is not counted.
    let runtime = Runtime::new(Limits::default(), Some(code())).unwrap();
    for id in ids {
        load(&runtime, id);
    }
    drop(runtime);
    let runtime = Runtime::new(Limits::default(), Some(code())).unwrap();
    let first = load(&runtime, ids[0]);
    first.describe().unwrap();
    let before = resident();
    let others: Vec<Plugin> = ids[1..].iter().map(|id| load(&runtime, id)).collect();
    for plugin in &others {
        plugin.describe().unwrap();
    }
    let after = resident();
    let code: u64 = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    let first_code = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .min()
        .unwrap();
    let code = (code - first_code) as f64 / 1024.0;
    let kept = (after - before - code).max(0.0);
    report.number("idle_plugin_kib", kept / others.len() as f64);
}
