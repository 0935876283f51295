//! Asking for authority, and remembering what gave it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::Call;
use super::error::{GraphError, Result};
use crate::authority::{Ground, Read};
use crate::tenant::{Handle, Kind, Tenant};

/// What authorised a request so far.
#[derive(Debug, Default)]
pub(crate) struct Grounds(RefCell<BTreeSet<Ground>>);

impl Grounds {
    fn add(&self, ground: Ground) {
        self.0.borrow_mut().insert(ground);
    }

    /// As the trace words them, sorted.
    pub(crate) fn describe(&self, tenant: &Tenant) -> Vec<String> {
        let mut all: Vec<String> =
            self.0.borrow().iter().map(|ground| ground.describe(tenant)).collect();
        all.sort_unstable();
        all
    }
}

impl Call<'_> {
    /// Whether the caller may read all of this; remembers why.
    pub(crate) fn may(&self, what: Read) -> bool {
        self.may_on(what, None)
    }

    /// Whether the caller may read this of one object: roles at a unit reach only what is in it.
    pub(crate) fn may_on(&self, what: Read, target: Option<Handle>) -> bool {
        self.accept(self.caller.reads(self.tenant, self.settings, what, target))
    }

    pub(crate) fn need(&self, what: Read) -> Result<()> {
        self.need_on(what, None)
    }

    pub(crate) fn need_on(&self, what: Read, target: Option<Handle>) -> Result<()> {
        if self.may_on(what, target) { Ok(()) } else { Err(GraphError::denied()) }
    }

    pub(crate) fn may_read(&self, kind: Kind, object: Handle) -> bool {
        self.may_on(Read::Kind(kind), Some(object))
    }

    /// Remembers these grounds; false when there are none.
    pub(crate) fn accept(&self, grounds: impl IntoIterator<Item = Ground>) -> bool {
        let mut any = false;
        for ground in grounds {
            self.grounds.add(ground);
            any = true;
        }
        any
    }
}
