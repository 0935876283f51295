//! The cases, one for each rule, by what they are about.

pub(crate) mod changes;
pub(crate) mod connection;
pub(crate) mod descriptor;
pub(crate) mod ending;
pub(crate) mod faults;
pub(crate) mod heard;
pub(crate) mod offers;
pub(crate) mod read;
pub(crate) mod records;
pub(crate) mod settle;
pub(crate) mod sync;
