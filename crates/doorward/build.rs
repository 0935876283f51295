//! Tells the program what it is built from, for `doorward --version`.

use std::env;
use std::process::Command;

fn main() {
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| "unknown".to_owned());
    let rustc = said(&variable("RUSTC"), &["--version"]);
    // Outside of a repository, e.g. in a source archive, there is no commit.
    let commit = said("git", &["rev-parse", "--short=12", "HEAD"]);
    let unknown = || "unknown".to_owned();
    println!("cargo:rustc-env=DOORWARD_COMMIT={}", commit.unwrap_or_else(unknown));
    println!("cargo:rustc-env=DOORWARD_RUSTC={}", rustc.unwrap_or_else(unknown));
    println!("cargo:rustc-env=DOORWARD_TARGET={}", variable("TARGET"));
    println!("cargo:rustc-env=DOORWARD_PROFILE={}", variable("PROFILE"));
    println!("cargo:rerun-if-changed=build.rs");
    // A commit adds a line here. A file that is not there would mean to build anew each time.
    let log = said("git", &["rev-parse", "--git-path", "logs/HEAD"]);
    if let Some(log) = log.filter(|log| std::path::Path::new(log).is_file()) {
        println!("cargo:rerun-if-changed={log}");
    }
}

/// What the program says, when it is there and all is well.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty() && !text.contains('\n')).then(|| text.to_owned())
}
