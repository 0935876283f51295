//! Writes the generated files, or with `--check` says which are out of date. Run it
//! with `cargo xtask schemas`.
#![expect(clippy::print_stderr, reason = "it talks to the developer")]

use doorward_tests::schemas;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let check = std::env::args().any(|argument| argument == "--check");
    let result =
        if check { schemas::drift(root) } else { schemas::write(root).map(|()| Vec::new()) };
    match result {
        Ok(drift) if drift.is_empty() => ExitCode::SUCCESS,
        Ok(drift) => {
            eprintln!("out of date, `cargo xtask schemas` writes them:\n  {}", drift.join("\n  "));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{}: {error}", root.display());
            ExitCode::FAILURE
        }
    }
}
