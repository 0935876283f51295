//! What comes of what is asked of PIM (facts §3.5, §9).

use jiff::SignedDuration;
use uuid::Uuid;

use super::pim::{On, Plan, Schedule, Tenure};
use super::pim_policy::Brought;
use super::pim_wishes::{Action, Quirks, Refusal, Request, Status, Wish};
use super::{Handle, Tenant};

/// An assignment that is younger can neither be updated nor removed (facts §3.5).
const LEAST_AGE: SignedDuration = SignedDuration::from_mins(5);

impl Tenant {
    /// What would come of a wish; nothing is changed. The order of the checks is inferred.
    pub(crate) fn consider(&self, wish: &Wish) -> Result<Request, Refusal> {
        if self.pim.requests().iter().any(|request| {
            request.status == Status::PendingApproval
                && request.on == wish.on
                && request.principal == wish.principal
        }) {
            return Err(Refusal::Pending);
        }
        let known = self.pim.find(wish.on, wish.principal, wish.eligible);
        let exists = known.is_some() || (!wish.eligible && self.holds_now(wish.on, wish.principal));
        let mut request = self.request(wish);
        match wish.action {
            Action::Assign if exists => return Err(Refusal::Exists),
            Action::Update | Action::Remove if !exists => return Err(Refusal::DoesNotExist),
            Action::Update | Action::Remove if self.is_young(wish.on, wish.principal) => {
                return Err(Refusal::TooShort);
            }
            Action::Remove => {
                request.status = Status::Revoked;
                return Ok(request);
            }
            _ => {}
        }
        let (wanted, expiry) = wish.term.clone().ok_or(Refusal::InvalidSchedule)?;
        // Not before now: what is told is when it was provisioned, not what was asked for (facts §3.5).
        let start = wanted.filter(|wanted| *wanted > self.now).unwrap_or(self.now);
        let end = expiry.end(start)?;
        let brought = Brought {
            justification: wish.justification.as_ref().is_some_and(|text| !text.trim().is_empty()),
            ticket: wish.ticket.0.is_some(),
        };
        let broken = self.policy_of(wish.on).broken_by_admin(wish.eligible, start, end, &brought);
        if !broken.is_empty() {
            return Err(Refusal::Policy(broken));
        }
        // What lies in the future is granted and can be cancelled until it begins [I].
        if start > self.now {
            request.status = Status::Granted;
        } else {
            request.completed = Some(self.now);
        }
        request.term = Some((start, expiry));
        Ok(request)
    }

    fn request(&self, wish: &Wish) -> Request {
        Request {
            id: Uuid::nil(),
            eligible: wish.eligible,
            on: wish.on,
            principal: wish.principal,
            action: wish.action,
            status: Status::Provisioned,
            term: None,
            justification: wish.justification.clone(),
            ticket: wish.ticket.clone(),
            created: self.now,
            completed: None,
            target: None,
            by: wish.by,
            validation_only: false,
        }
    }

    /// Carries a wish out.
    pub(crate) fn carry_out(&mut self, wish: &Wish, quirks: Quirks) -> Result<Request, Refusal> {
        let mut request = self.consider(wish)?;
        request.id = self.mint();
        let old = self.pim.find(wish.on, wish.principal, wish.eligible).map(|old| old.id);
        if wish.action != Action::Assign {
            let lags = wish.action == Action::Remove && !wish.eligible;
            self.take_away(wish.on, wish.principal, wish.eligible, lags);
        }
        if quirks.update_takes_both && wish.action == Action::Update {
            self.take_away(wish.on, wish.principal, !wish.eligible, false);
        }
        if quirks.removal_ends_activation && wish.action == Action::Remove && wish.eligible {
            let out_of_it = |one: &&Schedule| one.activated.is_some() && one.activated == old;
            let found = self.pim.schedules().iter().filter(out_of_it).map(|one| one.id);
            for activation in found.collect::<Vec<_>>() {
                self.unschedule(activation, true);
            }
        }
        if let Some((start, expiry)) = &request.term {
            let tenure = if wish.eligible { Tenure::Eligible } else { Tenure::Assigned };
            request.target = Some(self.schedule(Plan {
                id: request.id,
                on: wish.on,
                principal: wish.principal,
                tenure,
                start: *start,
                end: expiry.end(*start)?,
                activated: None,
                // Eligible rows are listed at once, replaced ones after a moment (facts §9).
                lags: !wish.eligible || wish.action == Action::Update,
            }));
        }
        self.keep(request.clone());
        Ok(request)
    }

    pub(crate) fn keep(&mut self, request: Request) {
        self.revision += 1;
        self.pim.requests.push(request);
    }

    /// Keeps a request that failed afterwards: it creates nothing (facts §9).
    pub(crate) fn fail(&mut self, wish: &Wish) -> Result<Request, Refusal> {
        let mut request = self.consider(wish)?;
        request.id = self.mint();
        request.status = Status::Failed;
        request.completed = Some(self.now);
        self.keep(request.clone());
        Ok(request)
    }

    /// Takes away one kind of what somebody holds, made by PIM or not.
    pub(super) fn take_away(&mut self, on: On, principal: Handle, eligible: bool, lags: bool) {
        if let Some(id) = self.pim.find(on, principal, eligible).map(|schedule| schedule.id) {
            self.unschedule(id, lags);
        } else if !eligible {
            match on {
                On::Role(role, scope) => {
                    if let Some(held) = self.roles.held(role, principal, scope).cloned() {
                        self.unassign(&held);
                    }
                }
                On::Group(group, link) => {
                    self.unlink(link, group, principal);
                }
            }
        }
    }

    /// The rule of five minutes, which is about a role at any scope; for groups it is not in the facts.
    pub(super) fn is_young(&self, on: On, principal: Handle) -> bool {
        let On::Role(role, _) = on else { return false };
        let young = |schedule: &Schedule| {
            !schedule.is_eligible()
                && schedule.principal == principal
                && schedule.begun
                && matches!(schedule.on, On::Role(held, _) if held == role)
                && self.now.duration_since(schedule.start) < LEAST_AGE
        };
        self.pim.schedules().iter().any(young)
    }

    /// What was granted for later has begun.
    pub(super) fn provisioned(&mut self, id: Uuid) {
        let now = self.now;
        let waits = |request: &&mut Request| request.id == id && request.status == Status::Granted;
        if let Some(request) = self.pim.requests.iter_mut().find(waits) {
            request.status = Status::Provisioned;
            request.completed = Some(now);
        }
    }

    /// Cancels a request that waits; false when it does not wait any more.
    pub(crate) fn cancel(&mut self, id: Uuid) -> bool {
        let now = self.now;
        let waits = |request: &&mut Request| {
            let waits = matches!(request.status, Status::PendingApproval | Status::Granted);
            request.id == id && waits
        };
        let Some(request) = self.pim.requests.iter_mut().find(waits) else { return false };
        request.status = Status::Canceled;
        request.completed = Some(now);
        let target = request.target;
        self.revision += 1;
        if let Some(target) = target {
            self.unschedule(target, false);
        }
        true
    }
}
