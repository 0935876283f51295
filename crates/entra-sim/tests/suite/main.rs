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

mod accounts;
mod app_roles;
mod applications;
mod assertion;
mod authority;
mod batch;
mod bodies;
mod by_ids;
mod client;
mod clients;
mod csdl;
mod deleted;
mod delta;
mod delta_bin;
mod delta_client;
mod delta_restart;
mod delta_tokens;
mod delta_truth;
mod discovery;
mod faults;
mod federation;
mod lag;
mod membership;
mod over_tcp;
mod paging;
mod pim;
mod pim_activation;
mod pim_groups;
mod pim_overlaps;
mod pim_reads;
mod pim_roles;
mod pim_rules;
mod queries;
mod reads;
mod risk;
mod role_changes;
mod roles;
mod schema;
mod signer;
mod tenant;
mod throttling;
mod token;
mod token_strict;
mod trace;
mod units;
mod walk;
mod writes;
