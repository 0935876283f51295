//! Memberships and ownerships, and what a lagging replica shows of them (facts §7, §9).

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::{Aspect, Body, Handle, Kind, On, Tenant, Turn};
use crate::random;
use crate::settings::Lag;

/// The two relations that a group holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Link {
    Member,
    Owner,
}

impl Link {
    /// The navigation property's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Member => "members",
            Self::Owner => "owners",
        }
    }

    /// `accessId` (facts §3.11).
    pub(crate) fn access(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }
}

/// A change that some replica may not show yet.
#[derive(Clone, Debug)]
pub(crate) struct LinkChange {
    number: u64,
    at: Timestamp,
    link: Link,
    holder: Handle,
    target: Handle,
    added: bool,
    /// PIM gave or took it.
    by_pim: bool,
}

/// Which replica a request reads, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub now: Timestamp,
    pub lag: Option<Lag>,
    pub seed: u64,
    pub replica: u64,
}

impl View {
    /// Whether this replica already shows what happened at `at`.
    pub(super) fn shows(&self, number: u64, at: Timestamp, longest: std::time::Duration) -> bool {
        let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        let delay = random::below(
            self.seed ^ random::mix(self.replica),
            "lag",
            number,
            longest.saturating_add(1),
        );
        let delay = SignedDuration::from_millis(i64::try_from(delay).unwrap_or(i64::MAX));
        self.now.duration_since(at) >= delay
    }
}

impl Tenant {
    pub(crate) fn holds(&self, link: Link, holder: Handle, target: Handle) -> bool {
        self.object(holder).targets(link).binary_search(&target).is_ok()
    }

    /// Adds a link; false when it was there.
    pub(crate) fn link(&mut self, link: Link, holder: Handle, target: Handle) -> bool {
        self.link_by(link, holder, target, false)
    }

    pub(super) fn link_by(
        &mut self,
        link: Link,
        holder: Handle,
        target: Handle,
        by_pim: bool,
    ) -> bool {
        let changed = insert(self.object_mut(holder).targets_mut(link), target);
        insert(self.object_mut(target).holders_mut(link), holder);
        if changed {
            self.remember(link, holder, target, (true, by_pim));
        }
        changed
    }

    /// Takes a link away; false when there was none.
    pub(crate) fn unlink(&mut self, link: Link, holder: Handle, target: Handle) -> bool {
        let by_pim = self.pim.made(On::Group(holder, link), target);
        self.unlink_by(link, holder, target, by_pim)
    }

    pub(super) fn unlink_by(
        &mut self,
        link: Link,
        holder: Handle,
        target: Handle,
        by_pim: bool,
    ) -> bool {
        let changed = remove(self.object_mut(holder).targets_mut(link), target);
        remove(self.object_mut(target).holders_mut(link), holder);
        if changed {
            self.pim.forget_active(On::Group(holder, link), target);
            self.remember(link, holder, target, (false, by_pim));
        }
        changed
    }

    fn remember(
        &mut self,
        link: Link,
        holder: Handle,
        target: Handle,
        (added, by_pim): (bool, bool),
    ) {
        self.revision += 1;
        let (number, at) = (self.revision, self.now);
        self.changes.push(LinkChange { number, at, link, holder, target, added, by_pim });
        let restricts = matches!(&self.object(holder).body, Body::Unit(unit) if unit.restricted);
        if restricts && link == Link::Member && !self.object(target).gone {
            self.record(target, Aspect::Property("isManagementRestricted"), Turn::Changed);
        }
        let aspect = Aspect::Link(link, target);
        if self.object(target).gone {
            self.trail.record_purge(at, holder, aspect);
        } else if !self.object(holder).gone {
            self.record(holder, aspect, if added { Turn::Linked } else { Turn::Unlinked });
        }
    }

    /// Loads the members of a new group; `members` ascending, groups loaded in ascending order.
    pub(super) fn load_members(&mut self, group: Handle, members: Vec<Handle>) {
        for member in &members {
            insert(&mut self.object_mut(*member).member_of, group);
        }
        self.object_mut(group).members = members;
    }

    /// Forgets changes that every replica shows by now.
    pub(crate) fn forget_settled(&mut self, view: &View) {
        let longest = view.lag.map_or(SignedDuration::ZERO, |lag| {
            SignedDuration::try_from(lag.links).unwrap_or(SignedDuration::MAX)
        });
        self.changes.retain(|change| view.now.duration_since(change.at) < longest);
        self.roles.forget_settled(view);
        self.pim.forget_settled(view);
        self.assigned.forget_settled(view);
    }

    /// Whether the replica knows this object yet.
    pub(crate) fn knows(&self, view: &View, handle: Handle) -> bool {
        view.lag
            .is_none_or(|lag| view.shows(handle.number(), self.object(handle).created, lag.objects))
    }

    /// What `holder` holds, as the replica shows it: ascending, deleted objects included.
    pub(crate) fn targets(&self, view: &View, link: Link, holder: Handle) -> Cow<'_, [Handle]> {
        self.undo(view, Cow::Borrowed(self.object(holder).targets(link)), |change| {
            (change.link == link && change.holder == holder).then_some(change.target)
        })
    }

    /// The same without what PIM gave.
    pub(super) fn permanent_targets(&self, view: &View, link: Link, holder: Handle) -> Vec<Handle> {
        let on = On::Group(holder, link);
        let truth = self.object(holder).targets(link).iter().copied();
        let truth = truth.filter(|target| !self.pim.made(on, *target)).collect();
        let shown = self.undo(view, Cow::Owned(truth), |change| {
            let concerned = change.link == link && change.holder == holder && !change.by_pim;
            concerned.then_some(change.target)
        });
        shown.into_owned()
    }

    /// Who holds `target` otherwise than through PIM.
    pub(super) fn permanent_holders(&self, view: &View, link: Link, target: Handle) -> Vec<Handle> {
        let truth = self.object(target).holders(link).iter().copied();
        let truth = truth.filter(|holder| !self.pim.made(On::Group(*holder, link), target));
        let shown = self.undo(view, Cow::Owned(truth.collect()), |change| {
            let concerned = change.link == link && change.target == target && !change.by_pim;
            concerned.then_some(change.holder)
        });
        shown.into_owned()
    }

    /// Who holds `target`, as the replica shows it: ascending, deleted objects included.
    pub(crate) fn holders(&self, view: &View, link: Link, target: Handle) -> Cow<'_, [Handle]> {
        self.undo(view, Cow::Borrowed(self.object(target).holders(link)), |change| {
            (change.link == link && change.target == target).then_some(change.holder)
        })
    }

    fn undo<'a>(
        &self,
        view: &View,
        truth: Cow<'a, [Handle]>,
        concerns: impl Fn(&LinkChange) -> Option<Handle>,
    ) -> Cow<'a, [Handle]> {
        let mut shown = truth;
        let Some(lag) = view.lag else { return shown };
        for change in self.changes.iter().rev() {
            let Some(other) = concerns(change) else { continue };
            if !view.shows(change.number, change.at, lag.links) {
                let list = shown.to_mut();
                if change.added {
                    remove(list, other)
                } else {
                    insert(list, other)
                };
            }
        }
        shown
    }

    /// Everything reachable along a link, without duplicates; cycles end by themselves. The start itself is
    /// in it only when a cycle leads back to it.
    pub(crate) fn reach(&self, view: &View, start: Handle, downward: bool) -> Vec<Handle> {
        let mut seen = vec![false; self.objects.len()];
        let mut found = Vec::new();
        let mut waiting = vec![start];
        while let Some(next) = waiting.pop() {
            let step = if downward {
                self.targets(view, Link::Member, next)
            } else {
                self.holders(view, Link::Member, next)
            };
            for handle in step.iter().copied() {
                let object = self.object(handle);
                let new =
                    seen.get_mut(handle.index()).is_some_and(|seen| !std::mem::replace(seen, true));
                if new && object.is_live() {
                    found.push(handle);
                    if !downward || object.kind() == Kind::Group {
                        waiting.push(handle);
                    }
                }
            }
        }
        found.sort_unstable();
        found
    }
}

fn insert(list: &mut Vec<Handle>, handle: Handle) -> bool {
    match list.binary_search(&handle) {
        Ok(_) => false,
        Err(place) => {
            list.insert(place, handle);
            true
        }
    }
}

fn remove(list: &mut Vec<Handle>, handle: Handle) -> bool {
    match list.binary_search(&handle) {
        Ok(place) => {
            list.remove(place);
            true
        }
        Err(_) => false,
    }
}
