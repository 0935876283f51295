//! Connectors that are components: installed, used, damaged, signed, pushed and pulled.

mod damage;
mod life;
mod registry;
mod signatures;
mod sources;

use std::path::{Path, PathBuf};

use crate::bench::Bench;
pub(crate) use registry::{Registry, has_registry};
pub(crate) use sources::COPY;

/// The component of the Entra ID connector, as `cargo xtask wasm` builds it.
pub(crate) fn component() -> Option<Vec<u8>> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let path = target.join("plugins/entra-id.wasm");
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        skip(&format!("{} is missing: `cargo xtask wasm` builds it", path.display()));
    }
    bytes
}

/// Says that something could not be tested; where nothing may be missing, that is a failure.
pub(crate) fn skip(why: &str) {
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "not to be skipped: {why}");
    eprintln!("SKIPPED: {why}");
}

/// A component in a file, under a name of the test's.
pub(crate) fn file(bench: &Bench, name: &str, component: &[u8]) -> String {
    let path = bench.data().with_file_name(name);
    std::fs::write(&path, component).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Installs the component as `entra-component`.
pub(crate) fn install(bench: &Bench, file: &str) {
    let words = ["plugin", "install", file, "--id", "entra-component", "--allow-unsigned", "--yes"];
    bench.run(&words).ends(0).says("Installed entra-component ");
}

/// A component that does the same and is another one: it ends with a section that nobody reads.
fn other(component: &[u8]) -> Vec<u8> {
    [component, &[0, 5, 4, b'n', b'o', b't', b'e']].concat()
}

/// The component with one text in the place of another of the same length.
fn patched(component: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut patched = component.to_vec();
    let found = |bytes: &[u8]| bytes.windows(from.len()).position(|part| part == from.as_bytes());
    assert!(found(component).is_some(), "no `{from}` in the component");
    while let Some(place) = found(&patched) {
        patched[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
    patched
}

/// The one file of the folder of plugins whose name ends so.
fn kept(bench: &Bench, end: &str) -> PathBuf {
    let files = crate::bench::files(&bench.data().join("plugins"));
    let mut found = files.into_iter().filter(|path| path.to_str().unwrap().ends_with(end));
    let path = found.next().unwrap_or_else(|| panic!("no *{end}"));
    assert!(found.next().is_none(), "several *{end}");
    path
}
