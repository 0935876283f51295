//! A service that speaks SCIM 2.0, written from RFC 7643 and RFC 7644 and from no connector: users,
//! groups within groups, pages, filters, PATCH, refusals.

mod directory;
mod filter;
mod patch;
mod serve;
mod service;

pub use directory::{Directory, Group, User};
pub use serve::serve;
pub use service::{BASE, Fault, Lost, ScimService, TOKEN};
