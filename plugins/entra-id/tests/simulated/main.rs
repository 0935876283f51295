//! The connector against the simulator, in process and under paused time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects; clippy's own switch sees test functions only, not their helpers"
)]

mod authority;
mod changes;
mod checks;
mod faults;
mod pim_changes;
mod pim_reads;
mod reads;
mod role_changes;
mod role_reads;
mod role_sync;
mod world;
