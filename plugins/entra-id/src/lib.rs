//! The Microsoft Entra ID connector: pure protocol logic for Microsoft Graph v1.0.
//!
//! What the service answers on the wire is written down in the project's facts file
//! (`graph-facts.md`); "facts §n" in this crate means its sections.

mod apply;
mod authority;
mod check;
mod config;
mod connector;
mod descriptor;
mod errors;
mod explain;
mod explanations;
mod find;
mod findings;
mod fragments;
mod grant;
mod graph;
mod holders;
mod holdings;
mod kinds;
mod manageability;
mod objects;
mod paths;
mod permissions;
mod reach;
mod refusals;
mod roles;
mod scopes;
mod settle;
mod setup;
mod sync;
mod token;
mod uses;

pub use connector::EntraId;

#[cfg(target_family = "wasm")]
doorward_guest::export!(EntraId);

#[cfg(not(target_family = "wasm"))]
doorward_core::register!(|| &EntraId);
