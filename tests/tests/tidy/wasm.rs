//! The contract and the connectors bring nothing into a component that it must not have.
//!
//! Whether they compile for the target is another question: `cargo xtask check-wasm` asks it.

use crate::{is_plugin, nothing, packages, read, root};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// A runtime, a network stack, the browser's bindings, randomness of its own.
const BANNED: [&str; 4] = ["getrandom", "reqwest", "tokio", "wasm-bindgen"];

/// The contract and the connectors.
fn portable() -> Vec<String> {
    packages()
        .iter()
        .filter(|package| is_plugin(package) || package.name == "doorward-core")
        .map(|package| package.name.to_string())
        .collect()
}

/// The banned ones among `cargo tree`'s lines, of the form `name v1.2.3 …`.
fn banned(tree: &str) -> Vec<String> {
    let mut found: Vec<String> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| BANNED.contains(name))
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn components_bring_no_runtime_and_no_network() {
    for package in portable() {
        // Macros and build scripts run where the compiler runs.
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--target", TARGET, "--edges", "normal,no-proc-macro"])
            .args(["--prefix", "none", "--format", "{p}", "--package", &package])
            .current_dir(root())
            .output()
            .unwrap();
        let tree = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && tree.starts_with(&format!("{package} v")),
            "cargo tree: {}{tree}",
            String::from_utf8_lossy(&output.stderr)
        );
        nothing(
            &format!(
                "{package} brings these to {TARGET} (cargo tree --target {TARGET} -p {package} -i NAME)"
            ),
            &banned(&tree),
        );
    }
}

#[test]
fn a_banned_crate_is_found() {
    let tree = "doorward-core v0.1.0 (/somewhere)\nserde v1.0.0\nuuid v1.0.0\ngetrandom v0.4.3\n\
                tokio-util v0.7.0\ngetrandom v0.4.3 (*)\ntokio v1.54.0\n";
    assert_eq!(banned(tree), ["getrandom", "tokio"]);
}

#[test]
fn xtask_checks_each_of_them() {
    let xtask = read("xtask/src/wasm.rs");
    let missing: Vec<String> = portable()
        .into_iter()
        .filter(|package| !xtask.contains(&format!("\"{package}\"")))
        .collect();
    nothing("the PACKAGES of xtask/src/wasm.rs lack", &missing);
}
