//! Privileged Identity Management: who is eligible for what, who holds it for a time, and what was asked for
//! (facts §3.5, §3.11, §9).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::pim_policy::PimPolicy;
use super::pim_wishes::Request;
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
    holds: bool,
}

impl Schedule {
    pub(crate) fn is_eligible(&self) -> bool {
        self.tenure == Tenure::Eligible
    }
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
    schedules: Vec<Schedule>,
    pub(super) requests: Vec<Request>,
    pub(super) policies: BTreeMap<On, PimPolicy>,
    changes: Vec<ScheduleChange>,
    /// When the next schedule begins or ends, so that a request costs one comparison.
    due: Option<Timestamp>,
    next: u64,
}

impl Pim {
    /// The truth, in order of creation.
    pub(crate) fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    /// What was asked for, in order of asking.
    pub(crate) fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// What a replica shows, in order of creation.
    pub(crate) fn shown(&self, view: &View) -> Vec<Schedule> {
        let mut shown = self.schedules.clone();
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
        self.schedules.iter().find(|schedule| {
            schedule.on == on
                && schedule.principal == principal
                && schedule.is_eligible() == eligible
        })
    }

    /// Forgets the active schedule behind a link or assignment that somebody took away.
    pub(super) fn forget_active(&mut self, on: On, principal: Handle) {
        self.schedules.retain(|schedule| {
            schedule.on != on || schedule.principal != principal || schedule.is_eligible()
        });
        self.look_ahead();
    }

    /// Forgets everything about an object that is gone.
    pub(super) fn forget_object(&mut self, gone: Handle) {
        let group = |on: On| matches!(on, On::Group(group, _) if group == gone);
        self.schedules.retain(|schedule| schedule.principal != gone && !group(schedule.on));
        self.requests.retain(|request| request.principal != gone && !group(request.on));
        self.look_ahead();
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

    fn look_ahead(&mut self) {
        let starts = self.schedules.iter().filter(|one| !one.begun).map(|one| one.start);
        let ends = self.schedules.iter().filter_map(|one| one.end);
        self.due = starts.chain(ends).min();
    }
}

impl Tenant {
    /// Lets time pass: what begins or ends until then does so at its own instant.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        while let Some(due) = self.pim.due.filter(|due| *due <= now) {
            self.now = due;
            self.turn();
        }
        self.now = now;
    }

    fn turn(&mut self) {
        let now = self.now;
        let ended = |schedule: &Schedule| schedule.end.is_some_and(|end| end <= now);
        // Ends come first: one may end at the instant at which another begins.
        for schedule in self.pim.schedules.extract_if(.., |one| ended(one)).collect::<Vec<_>>() {
            self.release(&schedule);
        }
        let waiting = |schedule: &&Schedule| !schedule.begun && schedule.start <= now;
        let begin: Vec<Uuid> =
            self.pim.schedules.iter().filter(waiting).map(|one| one.id).collect();
        for id in begin {
            self.take_effect(id);
        }
        self.pim.look_ahead();
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
        self.pim.schedules.push(schedule.clone());
        if plan.lags {
            self.remember_schedule(schedule, true);
        }
        self.turn();
        id
    }

    /// Ends a schedule now; false when there is none with this id.
    pub(super) fn unschedule(&mut self, id: Uuid, lags: bool) -> bool {
        let Some(place) = self.pim.schedules.iter().position(|one| one.id == id) else {
            return false;
        };
        let schedule = self.pim.schedules.remove(place);
        self.release(&schedule);
        self.pim.look_ahead();
        self.revision += 1;
        if lags {
            self.remember_schedule(schedule, false);
        }
        true
    }

    fn remember_schedule(&mut self, schedule: Schedule, added: bool) {
        let (number, at) = (self.revision, self.now);
        self.pim.changes.push(ScheduleChange { number, at, schedule, added });
    }

    fn take_effect(&mut self, id: Uuid) {
        let Some(schedule) = self.pim.schedules.iter().find(|one| one.id == id).cloned() else {
            return;
        };
        let holds = !schedule.is_eligible()
            && match schedule.on {
                On::Role(role, scope) => {
                    self.assign_by(role, schedule.principal, scope, true).is_some()
                }
                On::Group(group, link) => self.link(link, group, schedule.principal),
            };
        if let Some(schedule) = self.pim.schedules.iter_mut().find(|one| one.id == id) {
            schedule.begun = true;
            schedule.holds = holds;
        }
        self.provisioned(id);
    }

    /// Takes away what a schedule made; it is out of the list already.
    fn release(&mut self, schedule: &Schedule) {
        if !schedule.holds {
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
                self.unlink(link, group, schedule.principal);
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
