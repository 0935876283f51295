//! The `doorward` program itself, as an operator or a script runs it: arguments in, exit code,
//! standard output and standard error out. A simulated tenant answers over TCP on loopback.
#![cfg(test)]

mod bench;
mod bulk;
mod canary;
mod completion;
mod conformance;
mod credentials;
mod disks;
mod documents;
mod endings;
mod errors;
#[cfg(unix)]
mod exit_codes;
mod formats;
mod integrations;
mod keeping;
mod lost;
#[cfg(unix)]
mod matrix;
mod new;
mod notices;
mod pim;
mod plugins;
mod policy;
mod proxy;
mod refusals;
mod same;
mod secrets;
mod story;
mod sync;
mod transport;
mod uses;
