//! Compiled code that somebody forged: it is noticed, not used, and made anew. Every way to forge it
//! is tried in `doorward-wasm`, on a smaller component.

use doorward_tests::plugins;
use doorward_wasm::{CompiledCode, Digest, Limits, Plugin, Runtime};
use std::cell::Cell;
use std::path::Path;

const KEY: [u8; 32] = [3; 32];

/// Loads the plugin with code from this directory; says whether it had to be compiled.
fn compiles(directory: &Path, key: &[u8; 32], bytes: &[u8]) -> bool {
    let compiled = Cell::new(false);
    let runtime = Runtime::new(Limits::default(), Some(CompiledCode::new(directory, key))).unwrap();
    let plugin = Plugin::load(&runtime, "hostile", Digest::of(bytes), || {
        compiled.set(true);
        Ok(bytes.to_vec())
    });
    assert_eq!(plugin.unwrap().describe().unwrap().id, "hostile");
    compiled.get()
}

#[test]
fn a_forged_file_is_not_used() {
    let Some(bytes) = plugins::component("hostile") else { return };
    let directory = tempfile::tempdir().unwrap();
    let compiles = |key: &[u8; 32]| compiles(directory.path(), key, &bytes);
    assert!(compiles(&KEY), "there is no code yet");
    assert!(!compiles(&KEY), "what was compiled is used");
    let entry = std::fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap();
    let right = std::fs::read(entry.path()).unwrap();
    let mut forged = right.clone();
    forged[right.len() / 2] ^= 1;
    std::fs::write(entry.path(), forged).unwrap();
    assert!(compiles(&KEY), "a forged file was used");
    assert_eq!(std::fs::read(entry.path()).unwrap(), right, "made anew");
    assert!(compiles(&[4; 32]), "code of another installation was used");
}

/// Code that is right, but of another component.
#[test]
fn the_code_of_another_component_is_not_used() {
    let Some(bytes) = plugins::component("hostile") else { return };
    let directory = tempfile::tempdir().unwrap();
    assert!(compiles(directory.path(), &KEY, &bytes));
    let entry = std::fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap();
    let name = entry.file_name().into_string().unwrap();
    let mut other = bytes.clone();
    // An empty custom section at the end: another digest, the same component.
    other.extend([0, 2, 1, b'x']);
    let digest = Digest::of(&other);
    let forged = name.replace(&Digest::of(&bytes).hex(), &digest.hex());
    assert_ne!(forged, name);
    std::fs::copy(entry.path(), directory.path().join(forged)).unwrap();
    assert!(compiles(directory.path(), &KEY, &other));
}
