//! Deleting: softly, then after a while for ever (facts §3.2, §7, §8.18).

use jiff::{SignedDuration, Timestamp};

use super::{Aspect, Handle, Link, Tenant, Turn};

/// How long what is soft-deleted can be restored (facts §7).
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Tenant {
    /// Soft delete: links stay, names stay, the object is only in `/directory/deletedItems`.
    pub(crate) fn delete_softly(&mut self, handle: Handle) {
        self.object_mut(handle).deleted = Some(self.now);
        self.bin.insert((self.purged_at(handle), handle));
        self.record(handle, Aspect::State, Turn::Deleted);
        self.revision += 1;
    }

    pub(crate) fn bring_back(&mut self, handle: Handle) {
        self.bin.remove(&(self.purged_at(handle), handle));
        self.object_mut(handle).deleted = None;
        self.record(handle, Aspect::State, Turn::Restored);
        self.trail.record_links_again(self.now, handle);
        for link in [Link::Member, Link::Owner] {
            for holder in self.object(handle).holders(link).to_vec() {
                self.record(holder, Aspect::Return(link, handle), Turn::Linked);
            }
        }
        self.revision += 1;
    }

    /// Permanent deletion: all links go, the id is never found again.
    pub(crate) fn delete_for_ever(&mut self, handle: Handle) {
        self.bin.remove(&(self.purged_at(handle), handle));
        self.unname(handle);
        self.object_mut(handle).gone = true;
        self.record(handle, Aspect::State, Turn::Gone);
        for link in [Link::Member, Link::Owner] {
            for target in self.object(handle).targets(link).to_vec() {
                self.unlink(link, handle, target);
            }
            for holder in self.object(handle).holders(link).to_vec() {
                self.unlink(link, holder, handle);
            }
        }
        self.forget_roles_of(handle);
        self.forget_schedules_of(handle);
        self.assigned.forget_object(handle);
        self.risks.remove(&handle);
        self.revision += 1;
    }

    /// Deletes for ever what has been in the bin for long enough.
    pub(super) fn empty_bin(&mut self) {
        while let Some((at, handle)) = self.bin.first().copied().filter(|one| one.0 <= self.now) {
            self.delete_for_ever(handle);
            self.bin.remove(&(at, handle));
        }
    }

    pub(super) fn next_purge(&self) -> Option<Timestamp> {
        self.bin.first().map(|one| one.0)
    }

    fn purged_at(&self, handle: Handle) -> Timestamp {
        let deleted = self.object(handle).deleted.unwrap_or(Timestamp::MAX);
        deleted.saturating_add(KEPT).unwrap_or(Timestamp::MAX)
    }
}
