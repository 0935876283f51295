//! The simulator against the facts file: every row asserted exactly as it stands there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod client;
mod faults;
mod lag;
mod over_tcp;
mod paging;
mod reads;
mod schema;
mod tenant;
mod token;
mod writes;
