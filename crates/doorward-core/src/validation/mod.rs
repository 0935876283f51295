//! Validation of a connection's text against its connector's schema.
//!
//! ```text
//! bytes → text (size, encoding) → repaired text (quotes, comments, escapes, depth) → tree with
//! positions → schema → every finding at once
//! ```
//!
//! The contract is strict JSON, since other tools read the same file. A deviation whose meaning is
//! certain is a finding, but reading goes on, so that one run names everything that is wrong.
//!
//! Nothing here knows a provider: what people mix up in a particular field stands in the field's
//! `x-doorward` keyword. No value of a connection is ever printed, with one exception: what a hint's
//! pattern captured in a field that is not secret, e.g. the GUID inside of braces. A secret may have
//! been pasted into any field, so even the others are described by their place.

mod document;
mod explain;
mod finding;
mod hints;
mod names;
mod printed;
mod repair;
mod review;
mod schema;
mod strings;
mod syntax;
mod text;
mod tree;
mod valid;
mod validator;

pub use document::{Document, SecretOrigin, SecretSource};
pub use finding::Finding;
pub use valid::ValidConnection;
pub use validator::Validator;

/// The longest connection that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The deepest nesting of objects and lists that is read.
pub const MAX_DEPTH: usize = 64;

/// The most findings that are reported; one more says how many were left out.
pub const MAX_FINDINGS: usize = 100;
