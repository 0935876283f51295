//! What comes of what is asked of PIM (facts §3.5, §9).

use jiff::SignedDuration;
use uuid::Uuid;

use super::pim::{On, Plan, Tenure};
use super::pim_policy::Brought;
use super::pim_wishes::{Action, Quirks, Refusal, Request, Status, Wish};
use super::{Handle, Tenant};

/// An assignment that is younger can neither be updated nor removed (facts §3.5).
const LEAST_AGE: SignedDuration = SignedDuration::from_mins(5);

impl Tenant {
    /// What would come of a wish; nothing is changed. The order of the checks is inferred.
    pub(crate) fn consider(&self, wish: &Wish) -> Result<Request, Refusal> {
        if self.pim.requests().pending(wish.on, wish.principal).is_some() {
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
        if let Some(old) = old.filter(|_| wish.eligible) {
            match request.target {
                Some(new) => self.hand_on(old, new),
                None if quirks.removal_ends_activation => self.end_activations(old),
                None => {}
            }
            self.withdraw(wish.on);
        }
        self.keep(request.clone());
        Ok(request)
    }

    /// What was activated out of an eligibility goes on out of the one that replaced it, and no longer than that.
    fn hand_on(&mut self, old: Uuid, new: Uuid) {
        let last = self.pim.schedules().get(new).and_then(|eligible| eligible.end);
        for activation in self.activations(old) {
            self.pim.schedules.change(activation, |activation| {
                activation.activated = Some(new);
                let ends = [activation.end, last];
                activation.end = ends.into_iter().flatten().min();
            });
        }
    }

    fn activations(&self, eligibility: Uuid) -> Vec<Uuid> {
        self.pim.schedules().activated_from(eligibility).map(|one| one.id).collect()
    }

    pub(super) fn end_activations(&mut self, eligibility: Uuid) {
        for activation in self.activations(eligibility) {
            self.unschedule(activation, true);
        }
    }

    /// Cancels what waits for approval and could not begin any more, since nothing is left to activate.
    pub(super) fn withdraw(&mut self, on: On) {
        for (principal, id) in self.pim.requests().waiting_for(on) {
            if self.eligibility(on, principal).is_none() {
                let now = self.now;
                self.pim.requests.settle(id, Status::PendingApproval, Status::Canceled, now);
            }
        }
    }

    pub(crate) fn keep(&mut self, request: Request) {
        self.revision += 1;
        self.pim.requests.keep(request);
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
        let mut active = self.pim.schedules().active_of_role(role, principal);
        active.any(|one| self.now.duration_since(one.start) < LEAST_AGE)
    }

    /// Cancels a request that waits; false when it does not wait any more.
    pub(crate) fn cancel(&mut self, id: Uuid) -> bool {
        let now = self.now;
        let target = self.pim.requests().get(id).and_then(|request| request.target);
        let waited = [Status::PendingApproval, Status::Granted]
            .into_iter()
            .any(|waiting| self.pim.requests.settle(id, waiting, Status::Canceled, now));
        if !waited {
            return false;
        }
        self.revision += 1;
        if let Some(target) = target {
            self.unschedule(target, false);
        }
        true
    }
}
