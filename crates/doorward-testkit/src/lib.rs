//! The conformance suite: the rules of `CONNECTOR_SPEC.md`, each with a case, against any connector.
//!
//! A connector is a black box here: its [`Factory`](doorward_core::Factory), the requests that it
//! sends, and what it answers. Whether it is compiled in or a WebAssembly component makes no
//! difference. Faults are put between the connector and the system, below the host's HTTP stack:
//! no system has to take part in them.
//!
//! ```text
//! Subject → Bench (opens it, makes calls as the host does) → cases, one for each rule → Report
//!             └ Wire (passes requests on, remembers them, lets some go wrong)
//! ```

#![allow(
    clippy::result_large_err,
    reason = "`doorward_core::Error` is the contract's one error type; errors are rare, and its size is decided there"
)]

mod bench;
mod cases;
mod change;
mod names;
mod probe;
mod questions;
mod report;
mod rule;
mod rules;
mod run;
mod subject;
mod walk;
mod wire;

pub use report::{Report, RuleReport, Verdict};
pub use rule::{Level, Rule};
pub use rules::RULES;
pub use run::run;
pub use subject::{Change, Subject};
