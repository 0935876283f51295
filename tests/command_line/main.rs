//! The `doorward` program itself, as an operator or a script runs it: arguments in, exit code,
//! standard output and standard error out. A simulated tenant answers over TCP on loopback.
#![cfg(test)]

mod bench;
mod canary;
mod documents;
mod errors;
mod integrations;
mod lost;
mod refusals;
mod story;
mod transport;
