//! What was asked of Privileged Identity Management: an audit trail, which may age out (facts §3.5).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::pim_schedules::Schedule;
use super::pim_wishes::Status;
use super::{Handle, On, Request};

/// How long an approval is waited for: the policy's `approvalStageTimeOutInDays`.
const APPROVAL: SignedDuration = SignedDuration::from_hours(24);

/// All requests of a tenant that are remembered.
#[derive(Default)]
pub(crate) struct Requests {
    all: BTreeMap<u64, Request>,
    by_id: HashMap<Uuid, u64>,
    /// The one that waits for approval: there is never a second (facts §3.5: PendingRoleAssignmentRequest).
    pending: BTreeMap<(On, Handle), u64>,
    deadlines: BTreeSet<(Timestamp, u64)>,
    next: u64,
}

impl Requests {
    /// Those behind a number, in order of asking.
    pub(crate) fn behind(&self, number: u64) -> impl Iterator<Item = (u64, &Request)> {
        let behind = self.all.range(number.saturating_add(1)..);
        behind.map(|(number, request)| (*number, request))
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<&Request> {
        self.all.get(self.by_id.get(&id)?)
    }

    /// The one that waits for approval.
    pub(crate) fn pending(&self, on: On, principal: Handle) -> Option<&Request> {
        self.all.get(self.pending.get(&(on, principal))?)
    }

    /// Whoever waits for approval of this.
    pub(super) fn waiting_for(&self, on: On) -> Vec<(Handle, Uuid)> {
        let all = self.pending.range((on, Handle::FIRST)..=(on, Handle::LAST));
        all.filter_map(|((_, who), number)| Some((*who, self.all.get(number)?.id))).collect()
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    pub(super) fn keep(&mut self, request: Request) {
        self.next += 1;
        let number = self.next;
        if request.status == Status::PendingApproval {
            self.pending.insert((request.on, request.principal), number);
            self.deadlines.insert((deadline(&request), number));
        }
        self.by_id.insert(request.id, number);
        self.all.insert(number, request);
    }

    /// Says what became of one that had this status; false when it had not.
    pub(super) fn settle(&mut self, id: Uuid, from: Status, to: Status, at: Timestamp) -> bool {
        let Some(number) = self.by_id.get(&id).copied() else { return false };
        let found = self.all.get_mut(&number).filter(|request| request.status == from);
        let Some(request) = found else { return false };
        request.status = to;
        request.completed = Some(at);
        if from == Status::PendingApproval {
            self.pending.remove(&(request.on, request.principal));
            self.deadlines.remove(&(deadline(request), number));
        }
        true
    }

    /// Names the schedule that a request led to.
    pub(super) fn lead_to(&mut self, id: Uuid, target: Uuid) {
        let number = self.by_id.get(&id);
        if let Some(request) = number.and_then(|number| self.all.get_mut(number)) {
            request.target = Some(target);
        }
    }

    /// What nobody approved in time has failed; how the service calls it is not in the facts.
    pub(super) fn time_out(&mut self, now: Timestamp) {
        while let Some((_, number)) = self.deadlines.first().filter(|(at, _)| *at <= now) {
            let Some(id) = self.all.get(number).map(|request| request.id) else { return };
            self.settle(id, Status::PendingApproval, Status::Failed, now);
        }
    }

    /// What was granted for later has begun.
    pub(super) fn provision(&mut self, id: Uuid, now: Timestamp) {
        self.settle(id, Status::Granted, Status::Provisioned, now);
    }

    /// What was granted for later comes to nothing when its schedule is taken away.
    pub(super) fn revoke(&mut self, schedule: &Schedule, now: Timestamp) {
        self.settle(schedule.id, Status::Granted, Status::Revoked, now);
    }

    /// Forgets what was asked until then, unless it waits for something still.
    pub(crate) fn age_out(&mut self, until: Timestamp) {
        let waits = |status| matches!(status, Status::PendingApproval | Status::Granted);
        let old = self.all.iter().take_while(|(_, request)| request.created <= until);
        let old = old.filter(|(_, request)| !waits(request.status));
        for number in old.map(|(number, _)| *number).collect::<Vec<_>>() {
            if let Some(gone) = self.all.remove(&number) {
                self.by_id.remove(&gone.id);
            }
        }
    }

    pub(super) fn forget_object(&mut self, gone: Handle) {
        let group = |on: On| matches!(on, On::Group(group, _) if group == gone);
        let concerned =
            |_: &u64, request: &mut Request| request.principal == gone || group(request.on);
        for (number, request) in self.all.extract_if(.., concerned) {
            self.by_id.remove(&request.id);
            if request.status == Status::PendingApproval {
                self.pending.remove(&(request.on, request.principal));
                self.deadlines.remove(&(deadline(&request), number));
            }
        }
    }
}

fn deadline(request: &Request) -> Timestamp {
    request.created.saturating_add(APPROVAL).unwrap_or(Timestamp::MAX)
}
