//! A plan that is carried out: only if everything is still as it says.

use doorward_core::{Error, ErrorKind, Identity, OutcomeKind, Result, Timestamp};
use doorward_http::PlannedRequest;
use jiff::SignedDuration;
use std::collections::BTreeSet;

use super::document::{ChangePlan, PlannedChange, Prior, prior};
use super::{BulkOptions, BulkProgress, BulkReport, Line, State, ended};
use crate::store::Integration;
use crate::{Opened, Verb};

/// How long a plan may be carried out.
pub const PLAN_LIVES: SignedDuration = SignedDuration::from_hours(1);
/// How far the clocks of two machines may be apart.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

impl ChangePlan {
    /// Makes sure that the plan may be carried out now, through this integration.
    ///
    /// # Errors
    /// `DeniedByPolicy`, reasons `plan-for-another-integration`, `plan-too-old` and
    /// `plan-from-the-future`.
    fn check(&self, integration: &Integration, now: Timestamp) -> Result<()> {
        if self.integration.id != integration.id {
            return Err(refused(
                "plan-for-another-integration",
                format!(
                    "The plan is for the integration `{}`, and this is `{}`{}.",
                    self.integration.name,
                    integration.name,
                    if self.integration.name == integration.name {
                        ", which was added anew since"
                    } else {
                        ""
                    }
                ),
            ));
        }
        let age = now.duration_since(self.created);
        if age > PLAN_LIVES {
            let minutes = age.as_mins();
            return Err(refused(
                "plan-too-old",
                format!(
                    "The plan was made {minutes} minutes ago; after an hour it counts no more."
                ),
            ));
        }
        if age < -CLOCKS_DIFFER {
            return Err(refused(
                "plan-from-the-future",
                format!("The plan was made at {}, which is not yet by this clock.", self.created),
            ));
        }
        Ok(())
    }

    /// Makes sure that the plan was made for this place.
    fn check_place(&self, identity: &Identity) -> Result<()> {
        if (&self.identity.key, &self.identity.place) == (&identity.key, &identity.place) {
            return Ok(());
        }
        Err(refused(
            "plan-for-another-tenant",
            format!(
                "The plan was made as {} in {}; the connection now is {} in {}.",
                self.identity.name, self.identity.place, identity.name, identity.place
            ),
        ))
    }
}

fn refused(reason: &str, message: String) -> Error {
    Error::new(ErrorKind::DeniedByPolicy, reason, format!("{message} Nothing was sent."))
        .remedy("Make a new plan with `doorward plan`, look at it, and carry that one out.")
}

impl Opened {
    /// Shows what the plan would change now.
    ///
    /// # Errors
    /// As [`apply_plan`](Self::apply_plan), before the first write.
    pub async fn look_at_plan(
        &self,
        plan: &ChangePlan,
        progress: &(dyn Fn(BulkProgress) + Send + Sync),
    ) -> Result<BulkReport> {
        self.check_plan(plan).await?;
        let mut lines = self.prepare_bulk(plan.lines(), None, progress).await?;
        let requests = self.check_state(plan, &mut lines).await?;
        Ok(BulkReport { lines: ended(lines), requests, stopped: None })
    }

    /// Carries a plan out, if all is as it says.
    ///
    /// # Errors
    /// As [`change_bulk`](Self::change_bulk), and before that `DeniedByPolicy`: a plan for another
    /// integration or tenant, or older than an hour.
    pub async fn apply_plan(
        &self,
        plan: &ChangePlan,
        options: BulkOptions<'_>,
    ) -> Result<BulkReport> {
        self.check_plan(plan).await?;
        self.change_bulk(plan.lines(), BulkOptions { plan: Some(plan), ..options }).await
    }

    async fn check_plan(&self, plan: &ChangePlan) -> Result<()> {
        plan.check(&self.integration(), self.environment.clock.now())?;
        plan.check_place(&self.check().await?.identity)
    }

    /// Refuses what is not as the plan says: another state than before, or other requests. What this
    /// very plan did when it was carried out before is no other state. Gives the requests.
    pub(super) async fn check_state(
        &self,
        plan: &ChangePlan,
        lines: &mut [Line],
    ) -> Result<Vec<(Vec<u64>, PlannedRequest)>> {
        let mut changed = Vec::new();
        let mut is_rerun = false;
        for (line, change) in lines.iter().zip(&plan.changes) {
            let is_as_planned = match &line.state {
                State::Already(prepared) | State::Needed(prepared) => {
                    let is_same = prior(prepared) == change.prior
                        && prepared.prior.as_ref().and_then(|grant| grant.ends) == change.ends;
                    let is_ours = !is_same && self.was_done(change)?;
                    is_rerun |= is_ours;
                    (is_same || is_ours) && prepared.key == change.key()
                }
                State::Failed(_) | State::Same(_) | State::Ended { .. } => false,
            };
            if !is_as_planned {
                changed.push((line, change));
            }
        }
        if !changed.is_empty() {
            return Err(state_changed(&changed));
        }
        let requests = self.plan_requests(lines, plan.created).await?;
        let planned: BTreeSet<&str> =
            plan.requests.iter().map(|request| request.digest.as_str()).collect();
        let other: Vec<u64> = requests
            .iter()
            .filter(|(_, request)| !is_rerun && !planned.contains(request.digest.as_str()))
            .flat_map(|(lines, _)| lines.clone())
            .collect();
        if other.is_empty() {
            return Ok(requests);
        }
        Err(refused(
            "requests-changed",
            format!("Other requests would be sent than were planned, for {}.", named(&other)),
        )
        .attribute("lines", other))
    }

    /// Whether the journal says that this change of a plan was made.
    fn was_done(&self, change: &PlannedChange) -> Result<bool> {
        let Some(store) = &self.store else { return Ok(false) };
        let done = match change.action {
            Verb::Grant => [OutcomeKind::Granted, OutcomeKind::AlreadyGranted],
            Verb::Revoke => [OutcomeKind::Revoked, OutcomeKind::AlreadyRevoked],
        };
        Ok(store.journal_entries(&change.id)?.into_iter().any(|entry| {
            let outcome = entry.settlement.and_then(|settlement| settlement.outcome);
            entry.id == change.id && outcome.is_some_and(|outcome| done.contains(&outcome.kind))
        }))
    }
}

fn state_changed(changed: &[(&Line, &PlannedChange)]) -> Error {
    let numbers: Vec<u64> = changed.iter().map(|(_, change)| change.line).collect();
    let error = refused(
        "state-changed",
        format!("What stands there is not what the plan says, in {}.", named(&numbers)),
    );
    let told = changed.iter().take(MOST_TOLD).map(|(line, change)| {
        let who = format!("{} ({})", change.principal_name, change.resource_name);
        match &line.state {
            State::Failed(error) => format!("Line {}: {who}: {}", change.line, error.message),
            State::Already(prepared) | State::Needed(prepared) => {
                let word = |prior: Prior| match prior {
                    Prior::Held => "held",
                    Prior::NotHeld => "not held",
                    Prior::Unknown => "not visible",
                };
                let (then, now) = (word(change.prior), word(prior(prepared)));
                format!("Line {}: {who}: was {then}, is {now} now.", change.line)
            }
            State::Same(_) | State::Ended { .. } => format!("Line {}: {who}.", change.line),
        }
    });
    told.fold(error, |error, line| error.cause(line)).attribute("lines", numbers)
}

/// Lines that are told each; of more, only the numbers are.
const MOST_TOLD: usize = 10;

/// `line 3`, `lines 3, 4 and 5 more`.
fn named(numbers: &[u64]) -> String {
    let word = if numbers.len() == 1 { "line" } else { "lines" };
    let some: Vec<String> = numbers.iter().take(MOST_TOLD).map(u64::to_string).collect();
    let more = match numbers.len().saturating_sub(MOST_TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{word} {}{more}", some.join(", "))
}
