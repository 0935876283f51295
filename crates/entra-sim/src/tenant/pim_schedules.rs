//! The schedules of Privileged Identity Management, found by id and by what is held without a scan.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Handle, On, Scope, Tenure};

/// A schedule: its id is that of the request which made it (facts §3.5: `createdUsing`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// Ascending in order of creation.
    pub number: u64,
    pub id: Uuid,
    pub on: On,
    pub principal: Handle,
    pub tenure: Tenure,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
    pub created: Timestamp,
    /// The eligibility that was activated.
    pub activated: Option<Uuid>,
    /// Its start has passed.
    pub begun: bool,
    /// It made the assignment or link that it stands for, and takes it away at its end.
    pub(super) holds: bool,
}

impl Schedule {
    pub(crate) fn is_eligible(&self) -> bool {
        self.tenure == Tenure::Eligible
    }
}

/// All schedules of a tenant.
#[derive(Default)]
pub(crate) struct Schedules {
    all: BTreeMap<u64, Schedule>,
    by_id: HashMap<Uuid, u64>,
    by_hold: BTreeMap<(On, Handle), BTreeSet<u64>>,
    /// The activations of an eligibility.
    by_activated: BTreeMap<Uuid, BTreeSet<u64>>,
    /// When the next thing happens to each: its start, then its end.
    due: BTreeSet<(Timestamp, u64)>,
}

impl Schedules {
    /// In order of creation.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Schedule> {
        self.all.values()
    }

    /// What a principal has of something, in order of creation.
    pub(crate) fn of(&self, on: On, principal: Handle) -> impl Iterator<Item = &Schedule> {
        self.among(self.by_hold.get(&(on, principal)))
    }

    /// What was activated out of an eligibility.
    pub(super) fn activated_from(&self, eligibility: Uuid) -> impl Iterator<Item = &Schedule> {
        self.among(self.by_activated.get(&eligibility))
    }

    /// What a principal holds of a role now, at any scope.
    pub(super) fn active_of_role(
        &self,
        role: Uuid,
        principal: Handle,
    ) -> impl Iterator<Item = &Schedule> {
        let (first, last) =
            (On::Role(role, Scope::Tenant), On::Role(role, Scope::Application(Uuid::max())));
        let all = self.by_hold.range((first, Handle::FIRST)..=(last, Handle::LAST));
        let mine = all.filter(move |((_, who), _)| *who == principal);
        let mine = mine.flat_map(|(_, numbers)| self.among(Some(numbers)));
        mine.filter(|one| one.begun && !one.is_eligible())
    }

    fn among(&self, numbers: Option<&BTreeSet<u64>>) -> impl Iterator<Item = &Schedule> {
        numbers.into_iter().flatten().filter_map(|number| self.all.get(number))
    }

    pub(super) fn get(&self, id: Uuid) -> Option<&Schedule> {
        self.all.get(self.by_id.get(&id)?)
    }

    /// When the next one begins or ends.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Those that begin or end until then.
    pub(super) fn due(&self, until: Timestamp) -> Vec<Schedule> {
        let due = self.due.range(..=(until, u64::MAX));
        due.filter_map(|(_, number)| self.all.get(number)).cloned().collect()
    }

    pub(super) fn insert(&mut self, schedule: Schedule) {
        let number = schedule.number;
        self.by_id.insert(schedule.id, number);
        self.by_hold.entry((schedule.on, schedule.principal)).or_default().insert(number);
        if let Some(eligibility) = schedule.activated {
            self.by_activated.entry(eligibility).or_default().insert(number);
        }
        self.due.extend(next(&schedule).map(|at| (at, number)));
        self.all.insert(number, schedule);
    }

    pub(super) fn remove(&mut self, id: Uuid) -> Option<Schedule> {
        let gone = self.all.remove(&self.by_id.remove(&id)?)?;
        leave(&mut self.by_hold, &(gone.on, gone.principal), gone.number);
        if let Some(eligibility) = gone.activated {
            leave(&mut self.by_activated, &eligibility, gone.number);
        }
        if let Some(at) = next(&gone) {
            self.due.remove(&(at, gone.number));
        }
        Some(gone)
    }

    /// Changes one; false when there is none.
    pub(super) fn change(&mut self, id: Uuid, change: impl FnOnce(&mut Schedule)) -> bool {
        let Some(mut schedule) = self.remove(id) else { return false };
        change(&mut schedule);
        self.insert(schedule);
        true
    }
}

fn next(schedule: &Schedule) -> Option<Timestamp> {
    if schedule.begun { schedule.end } else { Some(schedule.start) }
}

fn leave<K: Ord>(index: &mut BTreeMap<K, BTreeSet<u64>>, key: &K, number: u64) {
    if let Some(numbers) = index.get_mut(key) {
        numbers.remove(&number);
        if numbers.is_empty() {
            index.remove(key);
        }
    }
}
