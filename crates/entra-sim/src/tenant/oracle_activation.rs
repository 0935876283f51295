//! The oracle for PIM: what users and approvers do in the portal.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::pim::Plan;
use super::pim_schedules::Schedule;
use super::pim_wishes::Status;
use super::{
    Action, Expiry, GroupKind, Handle, Kind, Link, On, Privilege, Request, Tenant, Tenure,
};

/// Why PIM refuses what a user does: the code that the wire would carry (facts §3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PimRefusal {
    /// `code`
    pub code: &'static str,
    /// The rule that failed, when the code is `RoleAssignmentRequestPolicyValidationFailed`.
    pub rule: Option<&'static str>,
}

fn refusal(code: &'static str) -> PimRefusal {
    PimRefusal { code, rule: None }
}

fn broken(rule: &'static str) -> PimRefusal {
    PimRefusal { code: "RoleAssignmentRequestPolicyValidationFailed", rule: Some(rule) }
}

impl Tenant {
    /// Activates an eligibility for so long, as its user would in the portal, who has a second factor, a
    /// justification and a ticket; members of an eligible group may, too. The request's id:
    /// where the policy wants approval, nothing is held before [`Tenant::approve`].
    ///
    /// # Errors
    ///
    /// The code, and the rule, by which PIM refuses it.
    pub fn activate_eligible(
        &mut self,
        on: &Privilege,
        principal: &str,
        length: SignedDuration,
    ) -> Result<String, PimRefusal> {
        let unknown = || refusal("SubjectNotFound");
        let holder = self.live(principal).ok_or_else(unknown)?;
        let target = self.on(on).ok_or_else(|| refusal("RoleNotFound"))?;
        let eligible = self.eligibility(target, holder).ok_or_else(|| broken("EligibilityRule"))?;
        if self.pim.requests().pending(target, holder).is_some() {
            return Err(refusal("PendingRoleAssignmentRequest"));
        }
        if self.holds_now(target, holder) {
            return Err(refusal("RoleAssignmentExists"));
        }
        let policy = self.policy_of(target);
        let start = self.now;
        let wanted = start.checked_add(length).ok();
        if policy.expiration_end_user_assignment.fails(start, wanted) {
            return Err(broken("ExpirationRule"));
        }
        let wanted = wanted.ok_or_else(|| refusal("InvalidRoleAssignmentRequestSchedule"))?;
        // It cannot outlast what it comes from; that is not in the facts.
        let end = eligible.end.map_or(wanted, |last| last.min(wanted));
        let id = self.mint();
        let waits = policy.approval_end_user_assignment;
        self.keep(Request {
            id,
            eligible: false,
            on: target,
            principal: holder,
            action: Action::Activate,
            status: if waits { Status::PendingApproval } else { Status::Provisioned },
            term: Some((start, Expiry::At(end))),
            justification: Some("Activated in the portal".to_owned()),
            ticket: (None, None),
            created: start,
            completed: (!waits).then_some(start),
            target: (!waits).then_some(id),
            by: self.object(holder).id,
            validation_only: false,
        });
        if !waits {
            self.activate_now(id, target, holder, end, eligible.id);
        }
        Ok(id.to_string())
    }

    fn activate_now(&mut self, id: Uuid, on: On, principal: Handle, end: Timestamp, from: Uuid) {
        let (tenure, start, lags) = (Tenure::Activated, self.now, true);
        let (end, activated) = (Some(end), Some(from));
        self.schedule(Plan { id, on, principal, tenure, start, end, activated, lags });
    }

    /// The eligibility that somebody may activate now: their own, or that of a group that they are in.
    pub(super) fn eligibility(&self, on: On, principal: Handle) -> Option<Schedule> {
        let mine = |one: &&Schedule| {
            let group = match on {
                On::Role(..) => self.group_kind(one.principal) == Some(&GroupKind::RoleAssignable),
                On::Group(..) => self.object(one.principal).kind() == Kind::Group,
            };
            let through = group
                && self.object(one.principal).is_live()
                && self.holds(Link::Member, one.principal, principal);
            one.on == on
                && one.is_eligible()
                && one.begun
                && (one.principal == principal || through)
        };
        self.pim.schedules().iter().find(mine).cloned()
    }

    /// Approves an activation that waits; false when it does not wait, or cannot begin any more.
    pub fn approve(&mut self, request: &str) -> bool {
        let Ok(id) = Uuid::try_parse(request) else { return false };
        let waits = |request: &&Request| request.status == Status::PendingApproval;
        let Some(request) = self.pim.requests().get(id).filter(waits).cloned() else {
            return false;
        };
        let (on, holder) = (request.on, request.principal);
        let Some((asked, Expiry::At(end))) = request.term else { return false };
        let Some(eligible) = self.eligibility(on, holder) else { return false };
        let now = self.now;
        let end = now.checked_add(end.duration_since(asked)).unwrap_or(end);
        let end = eligible.end.map_or(end, |last| last.min(end));
        self.activate_now(id, on, holder, end, eligible.id);
        self.pim.requests.lead_to(id, id);
        self.pim.requests.settle(id, Status::PendingApproval, Status::Provisioned, now)
    }

    /// Ends an activation before its time, as its user would.
    ///
    /// # Errors
    ///
    /// The code by which PIM refuses it: nothing is activated, or not for five minutes yet (facts §3.5).
    pub fn deactivate(&mut self, on: &Privilege, principal: &str) -> Result<(), PimRefusal> {
        let missing = || refusal("RoleAssignmentDoesNotExist");
        let holder = self.live(principal).ok_or_else(missing)?;
        let target = self.on(on).ok_or_else(missing)?;
        let activated = |one: &&Schedule| one.tenure == Tenure::Activated;
        let found = self.pim.schedules().of(target, holder).find(activated).map(|one| one.id);
        let id = found.ok_or_else(missing)?;
        if self.is_young(target, holder) {
            return Err(refusal("ActiveDurationTooShort"));
        }
        self.unschedule(id, true);
        let (id, created) = (self.mint(), self.now);
        self.keep(Request {
            id,
            eligible: false,
            on: target,
            principal: holder,
            action: Action::Deactivate,
            status: Status::Revoked,
            term: None,
            justification: None,
            ticket: (None, None),
            created,
            completed: None,
            target: None,
            by: self.object(holder).id,
            validation_only: false,
        });
        Ok(())
    }
}
