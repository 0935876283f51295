//! How long the program takes to start, say which connectors there are, and end.
//!
//! It spawns the release binary, or the one that `DOORWARD_BINARY` names: a process and its dynamic
//! linking are part of what a person waits for.
#![allow(
    clippy::print_stderr,
    clippy::panic,
    reason = "a bench talks to the developer, and may stop at the first surprise"
)]

use criterion::Criterion;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// The program to start.
fn binary() -> PathBuf {
    std::env::var_os("DOORWARD_BINARY").map_or_else(
        || {
            let name = format!("doorward{}", std::env::consts::EXE_SUFFIX);
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release").join(name)
        },
        PathBuf::from,
    )
}

/// Starts it once; says what went wrong.
fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}")) }
}

fn main() -> ExitCode {
    let binary = binary();
    if !binary.is_file() {
        eprintln!(
            "{} is not there. Run `cargo build --release -p doorward`, or name the program in \
             DOORWARD_BINARY.",
            binary.display()
        );
        return ExitCode::FAILURE;
    }
    let mut command = Command::new(&binary);
    command.args(["connector", "list"]).stdin(Stdio::null()).stdout(Stdio::null());
    if let Err(error) = run(&mut command) {
        eprintln!("{} connector list: {error}", binary.display());
        return ExitCode::FAILURE;
    }
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("start-up/doorward connector list", |bencher| {
        bencher.iter(|| run(&mut command).unwrap_or_else(|error| panic!("{error}")));
    });
    criterion.final_summary();
    ExitCode::SUCCESS
}
