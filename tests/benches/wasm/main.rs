//! A component against the built-in connector: what the boundary costs, in one run.
//!
//! `cargo xtask bench wasm [--json]` runs it; `BENCHMARKS.md` says what each number is. Which of them
//! has a limit, and which, stands in [`report::LIMITS`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench measures real time, and may stop at the first surprise"
)]

mod calls;
mod memory;
mod program;
mod report;
mod requests;

use entra_sim::Size;
use report::Report;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let wants = |name: &str| arguments.iter().any(|argument| argument == name);
    let size = |users, groups, memberships| Size { users, groups, memberships, seed: 1 };
    let (size, runs) = if wants("--quick") {
        (size(2_000, 500, 15_000), 1)
    } else {
        (size(50_000, 20_000, 600_000), 5)
    };
    let mut report = Report::new(&size);
    eprintln!("calls …");
    calls::measure(&mut report);
    eprintln!("memory …");
    memory::measure(&mut report);
    eprintln!("requests …");
    requests::measure(&mut report, &size);
    eprintln!("the program …");
    program::measure(&mut report, &size, runs);
    report.print(wants("--json"));
}

/// The one in the middle.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
