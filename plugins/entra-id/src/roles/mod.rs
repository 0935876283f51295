//! Directory roles: their definitions, who holds them where, and changes of that (facts §3.4).

mod assignment;
mod change;
mod definition;
mod holdings;
mod paths;
mod privileged;
mod read;
mod refusals;
mod sync;

pub(crate) use assignment::{Assignment, directory_scope};
pub(crate) use change::apply;
pub(crate) use definition::{CLASSES, resource};
pub(crate) use holdings::{Holder, assignments_of, holdings, not_visible};
pub(crate) use paths::paths;
pub(crate) use read::{held, holders};
pub(crate) use sync::{Assignments, assignments};
