//! App role assignments, and what a lagging replica shows of them (facts §3.7, §7).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{AppRoleAssignment, Handle, View};

/// All assignments of a tenant, found from either side without a scan.
#[derive(Default)]
pub(crate) struct AppRoleAssignments {
    all: BTreeMap<u64, AppRoleAssignment>,
    by_resource: BTreeMap<Handle, BTreeSet<u64>>,
    by_principal: BTreeMap<Handle, BTreeSet<u64>>,
    changes: Vec<AppRoleChange>,
    next: u64,
}

/// A change that some replica may not show yet.
#[derive(Clone, Debug)]
struct AppRoleChange {
    number: u64,
    at: Timestamp,
    assignment: AppRoleAssignment,
    added: bool,
}

impl AppRoleAssignments {
    /// The truth, in order of creation.
    pub(super) fn iter(&self) -> impl Iterator<Item = &AppRoleAssignment> {
        self.all.values()
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn insert(&mut self, made: AppRoleAssignment, revision: u64) {
        self.by_resource.entry(made.resource).or_default().insert(made.number);
        self.by_principal.entry(made.principal).or_default().insert(made.number);
        self.all.insert(made.number, made.clone());
        let at = made.created;
        self.changes.push(AppRoleChange { number: revision, at, assignment: made, added: true });
    }

    /// Takes one away; false when there is none.
    pub(super) fn take(&mut self, number: u64, at: Timestamp, revision: u64) -> bool {
        let Some(assignment) = self.remove(number) else { return false };
        self.changes.push(AppRoleChange { number: revision, at, assignment, added: false });
        true
    }

    /// Those of a resource, in order of creation.
    pub(crate) fn of_resource(&self, resource: Handle) -> impl Iterator<Item = &AppRoleAssignment> {
        let numbers = self.by_resource.get(&resource).into_iter().flatten();
        numbers.filter_map(|number| self.all.get(number))
    }

    /// Those of a principal, in order of creation.
    pub(crate) fn of_principal(
        &self,
        principal: Handle,
    ) -> impl Iterator<Item = &AppRoleAssignment> {
        let numbers = self.by_principal.get(&principal).into_iter().flatten();
        numbers.filter_map(|number| self.all.get(number))
    }

    /// What a replica shows of a resource, in order of creation.
    pub(crate) fn shown_of_resource(
        &self,
        view: &View,
        resource: Handle,
    ) -> Vec<AppRoleAssignment> {
        self.shown(view, self.of_resource(resource), |one| one.resource == resource)
    }

    /// What a replica shows of a principal, in order of creation.
    pub(crate) fn shown_of_principal(
        &self,
        view: &View,
        principal: Handle,
    ) -> Vec<AppRoleAssignment> {
        self.shown(view, self.of_principal(principal), |one| one.principal == principal)
    }

    fn shown<'a>(
        &self,
        view: &View,
        truth: impl Iterator<Item = &'a AppRoleAssignment>,
        concerned: impl Fn(&AppRoleAssignment) -> bool,
    ) -> Vec<AppRoleAssignment> {
        let mut shown: BTreeMap<u64, AppRoleAssignment> =
            truth.map(|one| (one.number, one.clone())).collect();
        let lag = view.lag.map_or(Duration::ZERO, |lag| lag.app_roles);
        let unseen = |change: &&AppRoleChange| {
            view.lag.is_some()
                && concerned(&change.assignment)
                && !view.shows(change.number, change.at, lag)
        };
        for change in self.changes.iter().rev().filter(unseen) {
            let number = change.assignment.number;
            if change.added {
                shown.remove(&number);
            } else {
                shown.insert(number, change.assignment.clone());
            }
        }
        shown.into_values().collect()
    }

    pub(super) fn forget_settled(&mut self, view: &View) {
        let longest = view.lag.map_or(SignedDuration::ZERO, |lag| {
            SignedDuration::try_from(lag.app_roles).unwrap_or(SignedDuration::MAX)
        });
        self.changes.retain(|change| view.now.duration_since(change.at) < longest);
    }

    pub(super) fn forget_changes(&mut self) {
        self.changes.clear();
    }

    fn remove(&mut self, number: u64) -> Option<AppRoleAssignment> {
        let gone = self.all.remove(&number)?;
        for (index, handle) in
            [(&mut self.by_resource, gone.resource), (&mut self.by_principal, gone.principal)]
        {
            if let Some(numbers) = index.get_mut(&handle) {
                numbers.remove(&number);
            }
        }
        Some(gone)
    }

    pub(super) fn forget_object(&mut self, gone: Handle) {
        let held = self.of_resource(gone).chain(self.of_principal(gone));
        for number in held.map(|one| one.number).collect::<Vec<_>>() {
            self.remove(number);
        }
    }
}
