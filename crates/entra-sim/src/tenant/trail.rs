//! What changed, for delta queries (facts §3.6): per fact the latest change alone, so that the log is bounded by
//! what was ever touched, however often, and one round tells each fact once. Generation leaves no trace.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Body, Handle, Link, Tenant, View};

/// One fact about an object that can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aspect {
    /// That it exists.
    State,
    /// A property, by its name.
    Property(&'static str),
    /// That it holds another object.
    Link(Link, Handle),
    /// That an object which it holds is back: told where a deleted one's link was not.
    Return(Link, Handle),
}

/// What became of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Made,
    Deleted,
    Restored,
    Gone,
    Changed,
    Linked,
    Unlinked,
}

/// How an object stands at a position of the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not made yet.
    Unborn,
    Live,
    SoftDeleted,
    Gone,
}

/// A change with its position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) position: u64,
    pub(crate) handle: Handle,
    pub(crate) aspect: Aspect,
    pub(crate) turn: Turn,
}

type Key = (Handle, Aspect);

#[derive(Clone, Copy, Debug)]
struct Latest {
    position: u64,
    at: Timestamp,
    turn: Turn,
}

/// The log. A position counts changes; a round of a client is the changes behind one position up to another.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    recording: bool,
    last: u64,
    latest: BTreeMap<Key, Latest>,
    order: BTreeMap<u64, Key>,
    /// Links that ended because their target was deleted for ever: told late, or never.
    purged: Vec<(Timestamp, Key)>,
}

impl Trail {
    /// From here on changes are remembered.
    pub(super) fn begin(&mut self) {
        self.recording = true;
    }

    pub(super) fn record(&mut self, at: Timestamp, handle: Handle, aspect: Aspect, turn: Turn) {
        if !self.recording {
            return;
        }
        self.last += 1;
        let (key, position) = ((handle, aspect), self.last);
        if let Some(earlier) = self.latest.insert(key, Latest { position, at, turn }) {
            self.order.remove(&earlier.position);
        }
        self.order.insert(position, key);
    }

    /// Records again what became of the links of a restored object: a round may have ended while it was away.
    pub(super) fn record_links_again(&mut self, at: Timestamp, holder: Handle) {
        let all = [Link::Member, Link::Owner].map(|link| {
            let links = self.links(link, holder, None);
            links.map(|(target, latest)| (Aspect::Link(link, target), latest.turn)).collect()
        });
        for (aspect, turn) in all.into_iter().flat_map(Vec::into_iter) {
            self.record(at, holder, aspect, turn);
        }
    }

    pub(super) fn record_purge(&mut self, at: Timestamp, holder: Handle, aspect: Aspect) {
        if self.recording {
            // That it was made says nothing any more.
            if let Some(earlier) = self.latest.remove(&(holder, aspect)) {
                self.order.remove(&earlier.position);
            }
            self.purged.push((at, (holder, aspect)));
        }
    }

    /// Records the links that ended by a permanent deletion at least this long ago.
    pub(crate) fn release(&mut self, now: Timestamp, delay: Option<Duration>) {
        let Some(delay) = delay.map(|delay| SignedDuration::try_from(delay).unwrap_or_default())
        else {
            return;
        };
        let due = |(at, _): &mut (Timestamp, Key)| now.duration_since(*at) >= delay;
        for (_, (handle, aspect)) in self.purged.extract_if(.., due).collect::<Vec<_>>() {
            self.record(now, handle, aspect, Turn::Unlinked);
        }
    }

    /// The position of the last change.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// The position up to which this replica shows everything.
    pub(crate) fn reached(&self, view: &View) -> u64 {
        let Some(lag) = view.lag else { return self.last };
        let longest = SignedDuration::try_from(lag.delta).unwrap_or(SignedDuration::MAX);
        let mut reached = self.last;
        for (position, key) in self.order.iter().rev() {
            let Some(latest) = self.latest.get(key) else { continue };
            if view.now.duration_since(latest.at) >= longest {
                break;
            }
            if !view.shows(*position, latest.at, lag.delta) {
                reached = position.saturating_sub(1);
            }
        }
        reached
    }

    /// The changes of these positions, in order.
    pub(crate) fn steps(&self, from: u64, to: u64) -> impl Iterator<Item = Step> {
        let within = (from <= to).then(|| self.order.range(from..=to));
        within.into_iter().flatten().filter_map(|(position, key)| self.step(*position, *key))
    }

    /// The same of some objects alone.
    pub(crate) fn steps_of(&self, handles: &[Handle], from: u64, to: u64) -> Vec<Step> {
        let mut found: Vec<Step> = handles
            .iter()
            .flat_map(|handle| self.of(*handle))
            .filter(|step| (from..=to).contains(&step.position))
            .collect();
        found.sort_unstable_by_key(|step| step.position);
        found
    }

    fn of(&self, handle: Handle) -> impl Iterator<Item = Step> {
        let last = Aspect::Return(Link::Owner, Handle::LAST);
        self.latest
            .range((handle, Aspect::State)..=(handle, last))
            .filter_map(|(key, latest)| self.step(latest.position, *key))
    }

    fn step(&self, position: u64, (handle, aspect): Key) -> Option<Step> {
        let turn = self.latest.get(&(handle, aspect))?.turn;
        Some(Step { position, handle, aspect, turn })
    }

    /// Whether a property was ever set since the tenant was made.
    pub(crate) fn was_set(&self, handle: Handle, property: &'static str) -> bool {
        self.latest.contains_key(&(handle, Aspect::Property(property)))
    }

    /// The latest changes of one relation of an object behind a target.
    fn links(
        &self,
        link: Link,
        holder: Handle,
        after: Option<Handle>,
    ) -> impl Iterator<Item = (Handle, &Latest)> {
        let after = after.unwrap_or(Handle::FIRST);
        let first = (holder, Aspect::Link(link, after));
        let last = (holder, Aspect::Link(link, Handle::LAST));
        self.latest.range(first..=last).filter_map(|(key, latest)| match key.1 {
            Aspect::Link(_, target) => Some((target, latest)),
            _ => None,
        })
    }
}

impl Tenant {
    pub(super) fn record(&mut self, handle: Handle, aspect: Aspect, turn: Turn) {
        self.trail.record(self.now, handle, aspect, turn);
    }

    /// Whether a service principal is enabled, as a replica knows it that is so far behind at most.
    pub(crate) fn is_enabled(&self, view: &View, principal: Handle, longest: Duration) -> bool {
        let enabled =
            matches!(&self.object(principal).body, Body::ServicePrincipal(one) if one.enabled);
        let changed = self.trail.latest.get(&(principal, Aspect::Property("accountEnabled")));
        let unseen = changed.is_some_and(|latest| {
            view.lag.is_some() && !view.shows(latest.position, latest.at, longest)
        });
        enabled != unseen
    }

    /// How an object stands at a position that is not far behind: what came later is undone.
    pub(crate) fn standing(&self, handle: Handle, position: u64) -> Standing {
        let object = self.object(handle);
        let deleted = if object.deleted.is_some() { Standing::SoftDeleted } else { Standing::Live };
        let latest = self.trail.latest.get(&(handle, Aspect::State));
        match latest.filter(|latest| latest.position > position).map(|latest| latest.turn) {
            Some(Turn::Made) => Standing::Unborn,
            Some(Turn::Deleted) => Standing::Live,
            Some(Turn::Restored) => Standing::SoftDeleted,
            Some(Turn::Gone) => deleted,
            _ if object.gone => Standing::Gone,
            _ => deleted,
        }
    }

    /// What an object holds at a position, behind `after`, in ascending order, and with `former` also what it held
    /// before: each target with whether it is held. At most `size` that `fits` takes.
    pub(crate) fn links_at(
        &self,
        (link, holder): (Link, Handle),
        (position, former): (u64, bool),
        after: Option<Handle>,
        size: usize,
        fits: &dyn Fn(Handle, bool) -> bool,
    ) -> Vec<(Handle, bool)> {
        let behind = |target: &Handle| after.is_none_or(|after| *target > after);
        let truth = self.object(holder).targets(link);
        let start = after.map_or(0, |after| truth.partition_point(|target| *target <= after));
        let held = truth.get(start..).unwrap_or_default().iter().copied();
        let unseen = |target: &Handle| {
            let key = (holder, Aspect::Link(link, *target));
            self.trail.latest.get(&key).is_some_and(|latest| latest.position > position)
        };
        let mut found: Vec<(Handle, bool)> = held
            .filter(|target| fits(*target, true) && !unseen(target))
            .map(|target| (target, true))
            .take(size)
            .collect();
        let others = self.trail.links(link, holder, after).filter(|(target, _)| behind(target));
        let others = others.filter(|(_, latest)| latest.turn == Turn::Unlinked);
        // A removal that does not show yet is still a membership.
        let others = others.map(|(target, latest)| (target, latest.position > position));
        found.extend(
            others.filter(|(target, held)| (*held || former) && fits(*target, *held)).take(size),
        );
        found.sort_unstable();
        found.truncate(size);
        found
    }
}
