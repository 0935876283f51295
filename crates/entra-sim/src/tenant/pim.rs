//! Privileged Identity Management: who is eligible for what, who holds it for a time, and what was asked for
//! (facts §3.5, §3.11, §9).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::pim_policy::PimPolicy;
use super::pim_schedules::{Schedule, Schedules};
use super::pim_trail::Requests;
use super::{Handle, Link, Scope, Tenant, View};

/// How somebody holds a role or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tenure {
    /// May activate it.
    Eligible,
    /// Holds it: `assignmentType` `Assigned`.
    Assigned,
    /// Holds it for a time out of an eligibility: `assignmentType` `Activated`.
    Activated,
}

/// What is held: a role at a scope, or membership or ownership of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum On {
    Role(Uuid, Scope),
    Group(Handle, Link),
}

/// A change that some replica may not show yet.
#[derive(Clone, Debug)]
struct ScheduleChange {
    number: u64,
    at: Timestamp,
    schedule: Schedule,
    added: bool,
}

/// What a new schedule is made of.
pub(super) struct Plan {
    pub(super) id: Uuid,
    pub(super) on: On,
    pub(super) principal: Handle,
    pub(super) tenure: Tenure,
    pub(super) start: Timestamp,
    pub(super) end: Option<Timestamp>,
    pub(super) activated: Option<Uuid>,
    /// Replicas show it later.
    pub(super) lags: bool,
}

/// Schedules, requests and policies of a tenant.
#[derive(Default)]
pub(crate) struct Pim {
    pub(super) schedules: Schedules,
    pub(super) requests: Requests,
    pub(super) policies: BTreeMap<On, PimPolicy>,
    changes: Vec<ScheduleChange>,
    next: u64,
}

impl Pim {
    /// The truth.
    pub(crate) fn schedules(&self) -> &Schedules {
        &self.schedules
    }

    /// What was asked for.
    pub(crate) fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Forgets requests that were made until then.
    pub(crate) fn age_out(&mut self, until: Timestamp) {
        self.requests.age_out(until);
    }

    /// What a replica shows, in order of creation.
    pub(crate) fn shown(&self, view: &View) -> Vec<Schedule> {
        let mut shown: Vec<Schedule> = self.schedules.iter().cloned().collect();
        let Some(lag) = view.lag else { return shown };
        for change in self.changes.iter().rev() {
            if view.shows(change.number, change.at, lag.roles) {
                continue;
            }
            shown.retain(|schedule| schedule.id != change.schedule.id);
            if !change.added {
                shown.push(change.schedule.clone());
            }
        }
        shown.sort_unstable_by_key(|schedule| schedule.number);
        shown
    }

    pub(super) fn find(&self, on: On, principal: Handle, eligible: bool) -> Option<&Schedule> {
        self.schedules.of(on, principal).find(|schedule| schedule.is_eligible() == eligible)
    }

    /// Whether PIM made the link or assignment that somebody holds.
    pub(super) fn made(&self, on: On, principal: Handle) -> bool {
        self.schedules.of(on, principal).any(|schedule| schedule.holds)
    }

    /// Forgets the active schedules behind a link or assignment that somebody took away; those that have not begun
    /// have nothing to do with it.
    pub(super) fn forget_active(&mut self, on: On, principal: Handle) {
        let active = |one: &&Schedule| one.begun && !one.is_eligible();
        let found = self.schedules.of(on, principal).filter(active).map(|one| one.id);
        for id in found.collect::<Vec<_>>() {
            self.schedules.remove(id);
        }
    }

    pub(super) fn forget_settled(&mut self, view: &View) {
        let longest = view.lag.map_or(SignedDuration::ZERO, |lag| {
            SignedDuration::try_from(lag.roles).unwrap_or(SignedDuration::MAX)
        });
        self.changes.retain(|change| view.now.duration_since(change.at) < longest);
    }

    pub(super) fn forget_changes(&mut self) {
        self.changes.clear();
    }
}

impl Tenant {
    /// Lets time pass: what begins or ends until then does so at its own instant.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        while let Some(due) = self.next_due().filter(|due| *due <= now) {
            self.now = due;
            self.turn();
        }
        self.now = now;
    }

    fn next_due(&self) -> Option<Timestamp> {
        let pim = [self.pim.schedules.next_due(), self.pim.requests.next_due()];
        let all = pim.into_iter().chain([self.next_purge()]);
        all.flatten().min()
    }

    fn turn(&mut self) {
        let now = self.now;
        // Ends come first: one may end at the instant at which another begins.
        let (ending, beginning): (Vec<_>, Vec<_>) =
            self.pim.schedules.due(now).into_iter().partition(|one| one.begun);
        for schedule in ending {
            self.end_schedule(schedule.id);
            if schedule.is_eligible() {
                self.withdraw(schedule.on);
            }
        }
        for schedule in beginning {
            self.take_effect(schedule);
        }
        self.pim.requests.time_out(now);
        self.empty_bin();
    }

    /// Makes a schedule; it takes effect at its start.
    pub(super) fn schedule(&mut self, plan: Plan) -> Uuid {
        self.pim.next += 1;
        self.revision += 1;
        let schedule = Schedule {
            number: self.pim.next,
            id: plan.id,
            on: plan.on,
            principal: plan.principal,
            tenure: plan.tenure,
            start: plan.start,
            end: plan.end,
            created: self.now,
            activated: plan.activated,
            begun: false,
            holds: false,
        };
        let id = schedule.id;
        self.pim.schedules.insert(schedule.clone());
        if plan.lags {
            self.remember_schedule(schedule, true);
        }
        self.turn();
        id
    }

    /// Ends a schedule now; false when there is none with this id.
    pub(super) fn unschedule(&mut self, id: Uuid, lags: bool) -> bool {
        let Some(schedule) = self.end_schedule(id) else { return false };
        self.revision += 1;
        if lags {
            self.remember_schedule(schedule, false);
        }
        true
    }

    fn end_schedule(&mut self, id: Uuid) -> Option<Schedule> {
        let schedule = self.pim.schedules.remove(id)?;
        self.release(&schedule);
        self.pim.requests.revoke(&schedule, self.now);
        Some(schedule)
    }

    /// Forgets everything about an object that is gone, and ends what was activated out of its eligibilities.
    pub(super) fn forget_schedules_of(&mut self, gone: Handle) {
        let group = |on: On| matches!(on, On::Group(group, _) if group == gone);
        let concerned = |one: &&Schedule| one.principal == gone || group(one.on);
        let found: Vec<Schedule> = self.pim.schedules.iter().filter(concerned).cloned().collect();
        for schedule in &found {
            self.pim.schedules.remove(schedule.id);
        }
        self.pim.requests.forget_object(gone);
        for schedule in found.iter().filter(|one| one.is_eligible()) {
            self.end_activations(schedule.id);
            self.withdraw(schedule.on);
        }
    }

    fn remember_schedule(&mut self, schedule: Schedule, added: bool) {
        let (number, at) = (self.revision, self.now);
        self.pim.changes.push(ScheduleChange { number, at, schedule, added });
    }

    fn take_effect(&mut self, schedule: Schedule) {
        let holds = !schedule.is_eligible()
            && match schedule.on {
                On::Role(role, scope) => {
                    self.assign_by(role, schedule.principal, scope, true).is_some()
                }
                On::Group(group, link) => self.link_by(link, group, schedule.principal, true),
            };
        self.pim.schedules.change(schedule.id, |schedule| {
            schedule.begun = true;
            schedule.holds = holds;
        });
        self.pim.requests.provision(schedule.id, self.now);
    }

    /// Takes away what a schedule made, unless another goes on with it; it is out of the list already.
    fn release(&mut self, schedule: &Schedule) {
        if !schedule.holds {
            return;
        }
        let goes_on = |one: &&Schedule| one.begun && !one.is_eligible();
        let heir = self.pim.schedules.of(schedule.on, schedule.principal).find(goes_on);
        if let Some(heir) = heir.map(|one| one.id) {
            self.pim.schedules.change(heir, |heir| heir.holds = true);
            return;
        }
        match schedule.on {
            On::Role(role, scope) => {
                let held = self.roles.held(role, schedule.principal, scope).cloned();
                if let Some(held) = held {
                    self.unassign(&held);
                }
            }
            On::Group(group, link) => {
                self.unlink_by(link, group, schedule.principal, true);
            }
        }
    }

    /// Whether somebody holds it now, by PIM or otherwise.
    pub(crate) fn holds_now(&self, on: On, principal: Handle) -> bool {
        match on {
            On::Role(role, scope) => self.roles.held(role, principal, scope).is_some(),
            On::Group(group, link) => self.holds(link, group, principal),
        }
    }

    /// The policy of a role, or of the members or owners of a group.
    pub(crate) fn policy_of(&self, on: On) -> PimPolicy {
        self.pim.policies.get(&governed(on)).copied().unwrap_or_default()
    }
}

/// A role has one policy whatever its scope.
pub(super) fn governed(on: On) -> On {
    match on {
        On::Role(role, _) => On::Role(role, Scope::Tenant),
        On::Group(..) => on,
    }
}
