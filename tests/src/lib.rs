//! What the tests share: the fake connector, and the parts of a host in a simulation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test may stop at the first surprise"
)]

pub mod crash;
pub mod keyring;
pub mod operations;
pub mod pages;
pub mod parts;
pub mod plugins;
pub mod schemas;
pub mod scim;
pub mod scripted;
pub mod world;
