//! The connector against the simulator, in process and under paused time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects; clippy's own switch sees test functions only, not their helpers"
)]

mod changes;
mod checks;
mod faults;
mod reads;
mod world;
