//! Directory roles: their definitions, who holds them where and until when, who may activate them, and
//! changes of that (facts §3.4, §3.5).

mod assignment;
mod change;
mod definition;
mod holdings;
mod look;
mod paths;
mod pim;
mod pim_refusals;
mod privileged;
mod read;
mod refusals;
mod request;
mod schedule;
mod settle;
mod sync;

pub(crate) use assignment::{Assignment, directory_scope};
pub(crate) use change::apply;
pub(crate) use definition::{CLASSES, resource};
pub(crate) use holdings::{Holder, assignments_of, holdings, not_visible};
pub(crate) use look::held;
pub(crate) use paths::paths;
pub(crate) use read::holders;
pub(crate) use settle::settle;
pub(crate) use sync::{Roles, roles};
