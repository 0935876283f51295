//! The chores of this workspace: `cargo xtask help`.
//!
//! It depends on nothing, so that it is built in a second and works when a crate does not compile.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to the developer")]

mod tutorial;
mod wasm;

use std::env;
use std::process::{Command, ExitCode, Stdio};

const HELP: &str = "\
The chores of this workspace.

Usage: cargo xtask COMMAND

Commands:
  test              every test there is: plugins, documentation, the rest, and again with plugins
  wasm              build every plugin into target/plugins
  tutorial          every command of docs/connector-tutorial.md, once for each language
  check-wasm        the contract and the connectors compile for wasm32-unknown-unknown
  bench wasm        a component against the built-in connector [--json] [--quick]
  schemas           write what is generated from the program: schemas/*.json, and the table of
                    operations in the README of each connector
  schemas --check   say which of them the program has left behind

Examples:
  cargo xtask test
  cargo xtask schemas && git diff schemas
  cargo nextest run -p doorward-tests --test tidy     only the rules of the house
";

enum Done {
    Passed,
    /// Could not be done here, and why.
    Skipped(String),
}

type Result = std::result::Result<Done, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let passed = match words.as_slice() {
        ["test"] => test(),
        ["wasm"] => wasm::build_all(),
        ["tutorial"] => tutorial::run_all(),
        ["bench", "wasm", options @ ..] => match bench_wasm(options) {
            Ok(_) => true,
            result => report("bench", result),
        },
        ["check-wasm"] => report("check for WebAssembly", wasm::check()),
        ["schemas"] => report("schemas", run(&mut schemas())),
        ["schemas", "--check"] => report("schemas", run(schemas().args(["--", "--check"]))),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            true
        }
        _ => {
            eprint!("error: no such command: {}\n\n{HELP}", words.join(" "));
            return ExitCode::from(2);
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every step runs, also after one has failed, so that one run tells all.
fn test() -> bool {
    let mut results = vec![report("check for WebAssembly", wasm::check()), wasm::build_all()];
    if succeeds(cargo().args(["nextest", "--version"])) {
        results.push(report("documentation tests", doc_tests()));
        results.push(report("tests", nextest()));
        results.push(report("tests of Entra ID as a component", component_tests()));
    } else {
        results.push(report("tests", cargo_test()));
    }
    results.push(report("tests of scim-typescript", wasm::script_tests("scim-typescript")));
    results.push(report("tests of scim-python", wasm::script_tests("scim-python")));
    results.push(tutorial::run_all());
    !results.contains(&false)
}

fn doc_tests() -> Result {
    run(cargo().args(["test", "--workspace", "--doc", "--no-fail-fast"]))
}

fn nextest() -> Result {
    let mut nextest = cargo();
    nextest.args(["nextest", "run", "--workspace"]);
    if in_ci() {
        nextest.args(["--profile", "ci"]);
    }
    run(&mut nextest)
}

/// What the built-in connector must do, done by the same source as a component.
fn component_tests() -> Result {
    if !wasm::is_built("entra-id") {
        return Ok(Done::Skipped("target/plugins/entra-id.wasm was not built".to_owned()));
    }
    let mut nextest = cargo();
    nextest.args(["nextest", "run", "--workspace"]).env("DOORWARD_TEST_CONNECTOR", "component");
    nextest.args(["-E", "binary(entra_id) | binary(conformance) | binary(policy) | binary(stale_roles) | binary(simulation) | binary(entra_sync)"]);
    if in_ci() {
        nextest.args(["--profile", "ci"]);
    }
    run(&mut nextest)
}

/// The numbers that `BENCHMARKS.md` holds.
fn bench_wasm(options: &[&str]) -> Result {
    // By a run of its own, so that nothing but the numbers is on standard output.
    let built = cargo().args(["xtask", "wasm"]).stdout(std::io::stderr()).status();
    if !built.is_ok_and(|status| status.success()) {
        return Err("a plugin that it measures could not be built".to_owned());
    }
    // All at once, so that one set of features serves both: the compiler of components takes minutes.
    run(cargo().args(["build", "--quiet", "--release", "--workspace", "--bins", "--benches"]))?;
    let mut bench = cargo();
    bench.args(["bench", "--quiet", "--workspace", "--bench", "wasm", "--"]);
    run(bench.args(options))
}

/// Stands in for nextest and the documentation tests.
fn cargo_test() -> Result {
    if in_ci() {
        return Err("cargo-nextest is not installed".to_owned());
    }
    eprintln!(
        "note: cargo-nextest is not installed, so `cargo test` takes its place: slower, and a test \
         that hangs hangs for ever. To have it: cargo install cargo-nextest --locked"
    );
    run(cargo().args(["test", "--workspace", "--no-fail-fast"]))
}

/// The program that writes the schemas; it links the connectors, this one does not.
fn schemas() -> Command {
    let mut schemas = cargo();
    schemas.args(["run", "--quiet", "--package", "doorward-tests", "--bin", "schemas"]);
    schemas
}

/// Prints how a step ended, and says whether that is good. In CI a skipped step is not: there
/// nothing may be missing.
fn report(step: &str, result: Result) -> bool {
    let (passed, end) = match result {
        Ok(Done::Passed) => (true, "passed".to_owned()),
        Ok(Done::Skipped(why)) => (!in_ci(), format!("SKIPPED: {why}")),
        Err(why) => (false, format!("FAILED: {why}")),
    };
    println!("xtask: {step}: {end}");
    passed
}

fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

/// The same cargo that runs this program.
fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> Result {
    match command.status() {
        Ok(status) if status.success() => Ok(Done::Passed),
        Ok(status) => Err(status.to_string()),
        Err(error) => Err(error.to_string()),
    }
}
