//! The simulator against the facts file: every row asserted exactly as it stands there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and a few measure real time"
)]

mod client;
mod faults;
mod lag;
mod over_tcp;
mod paging;
mod queries;
mod reads;
mod schema;
mod tenant;
mod token;
mod writes;
