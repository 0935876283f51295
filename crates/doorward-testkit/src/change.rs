//! Gives and takes the access that the operator named, and puts it back.

use doorward_core::{
    ApplyRequest, Error, ErrorKind, Grant, Operation, Outcome, OutcomeKind, Query, Record, Result,
    SettleRequest,
};
use doorward_http::CallEnd;
use std::time::Duration;
use tokio::time::sleep;

use crate::bench::{Bench, How, told};
use crate::probe::{Probe, Told};
use crate::rule::{Stop, left};
use crate::subject::Change;

/// How often it is looked whether a change has arrived, and how long is waited in between: replicas
/// lag.
pub(crate) const LOOKS: u32 = 60;
pub(crate) const PAUSE: Duration = Duration::from_secs(2);

/// Looks that must agree.
const REPLICAS: u32 = 10;

/// How long a system that was seen to lag gets for the replicas that were not met.
const MARGIN: Duration = Duration::from_secs(20);

impl<'a> Bench<'a> {
    /// The access that may be changed, once it is known how it was.
    ///
    /// # Errors
    /// Left out when that cannot be known, or not be put back as it was.
    pub(crate) async fn change(&self) -> Result<&'a Change, Stop> {
        let Some(change) = &self.subject.change else {
            return left("No access was named that may be given and taken.");
        };
        match self.prior.get_or_init(|| self.look_before(change)).await {
            Ok(_) => Ok(change),
            Err(why) => left(why),
        }
    }

    async fn look_before(&self, change: &Change) -> Result<Option<Grant>, String> {
        match self.look(change).await {
            Err(why) => Err(format!("Whether the access is there now cannot be seen: {why}")),
            Ok(Some(grant)) if grant.ends.is_some() || grant.starts.is_some() => {
                Err("The access is there for a time only, and could not be put back so.".to_owned())
            }
            Ok(prior) => Ok(prior),
        }
    }

    /// The grant as it is shown now.
    async fn look(&self, change: &Change) -> Result<Option<Grant>, String> {
        let query = Query::Grant { key: change.key() };
        let answer = self.read(&Probe::read(query)).await.map_err(|end| told(&end))?;
        if let Some(Record::Skipped(gap)) =
            answer.records().iter().find(|record| matches!(record, Record::Skipped(_)))
        {
            return Err(gap.message.clone());
        }
        Ok(answer.records().iter().find_map(|record| match record {
            Record::Grant(grant) if grant.key == change.key() => Some(grant.clone()),
            _ => None,
        }))
    }

    /// Whether the grant comes to be shown as it should be, by all replicas as far as can be told,
    /// within two minutes.
    pub(crate) async fn becomes(&self, change: &Change, held: bool) -> Result<bool, Stop> {
        for number in 0..LOOKS {
            if self.is_agreed(change, held).await? {
                if number > 0 {
                    sleep(MARGIN).await;
                }
                return Ok(true);
            }
            sleep(PAUSE).await;
        }
        Ok(false)
    }

    /// Whether several looks in a row show the same: each may be answered by another replica.
    async fn is_agreed(&self, change: &Change, held: bool) -> Result<bool, Stop> {
        for _ in 0..REPLICAS {
            match self.look(change).await {
                Err(why) => return left(why),
                Ok(grant) if grant.is_some() != held => return Ok(false),
                Ok(_) => {}
            }
        }
        Ok(true)
    }

    /// Carries one operation out.
    ///
    /// # Errors
    /// As the connector says; `ContractViolation` when there is not exactly one outcome.
    pub(crate) async fn carry_out(&self, operation: Operation) -> Result<Outcome> {
        let request = ApplyRequest { operations: vec![operation.clone()] };
        let probe = Probe::Apply(request);
        let (sent, last_changed) = (self.subject.clock.now(), self.changed().at);
        let outcome = match self.call(&probe, How::LIVE).await.end {
            Ok(Told::Outcomes(outcomes)) => match <[Result<Outcome>; 1]>::try_from(outcomes) {
                Ok([outcome]) => outcome?,
                Err(outcomes) => return Err(not_one(outcomes.len())),
            },
            Err(CallEnd::Error(error)) => return Err(error),
            Ok(_) => return Err(not_one(0)),
            Err(end) => return Err(Error::new(ErrorKind::Conflict, "ended", told(&end))),
        };
        if outcome.kind.is_final() {
            self.was_changed(&operation);
            return Ok(outcome);
        }
        let handle = outcome.handle.clone();
        self.settled(SettleRequest {
            operation,
            prior: None,
            handle,
            sent,
            given_up: self.subject.clock.now(),
            last_changed,
        })
        .await
    }

    /// What came of an operation, once that can be told, within two minutes.
    async fn settled(&self, request: SettleRequest) -> Result<Outcome> {
        let probe = Probe::Settle(request);
        let mut last = Outcome::new(OutcomeKind::Unknown);
        for _ in 0..LOOKS {
            match self.read(&probe).await {
                Ok(Told::Outcome(outcome)) if outcome.kind.is_final() => return Ok(outcome),
                Ok(Told::Outcome(outcome)) => last = outcome,
                Ok(_) => {}
                Err(CallEnd::Error(error)) => return Err(error),
                Err(end) => return Err(Error::new(ErrorKind::Conflict, "ended", told(&end))),
            }
            sleep(PAUSE).await;
        }
        Ok(last)
    }

    /// Sees to it that the access is there, or not, before a rule is tried. What came of the last
    /// write decides whether one is needed: replicas lag.
    ///
    /// # Errors
    /// Left out when that does not work: other rules are about why.
    pub(crate) async fn prepare(&self, held: bool) -> Result<&'a Change, Stop> {
        let change = self.change().await?;
        let prior = || self.prior.get().and_then(|prior| prior.as_ref().ok()).map(Option::is_some);
        let changed = self.changed();
        let now = if changed.at.is_some() { changed.held } else { prior() };
        let mut why = "a change of it does not arrive.".to_owned();
        if now != Some(held)
            && let Err(error) = self.carry_out(change.operation(held)).await
        {
            why = error.message;
        }
        match self.becomes(change, held).await? {
            true => Ok(change),
            false => left(format!("The access could not be made ready: {why}")),
        }
    }

    /// Puts the access back as it was, if anything was changed.
    ///
    /// # Errors
    /// Why it could not be.
    pub(crate) async fn restore(&self) -> Result<()> {
        let (Some(change), Some(Ok(prior))) = (&self.subject.change, self.prior.get()) else {
            return Ok(());
        };
        let held = prior.is_some();
        let restored = self.carry_out(change.operation(held)).await;
        let seen = self.becomes(change, held).await.unwrap_or(false);
        let why = match restored {
            _ if seen => return Ok(()),
            Err(error) => error.message,
            Ok(_) => "The change did not arrive.".to_owned(),
        };
        let now = if held { "taken" } else { "given" };
        Err(Error::new(
            ErrorKind::OutcomeUnknown,
            "not-restored",
            format!("The access that was {now} for the suite may not be as it was found. {why}"),
        )
        .remedy(format!(
            "Look at `{}` of {} on {}, and set it right by hand.",
            change.entitlement, change.principal, change.resource.key
        )))
    }
}

fn not_one(number: usize) -> Error {
    Error::new(
        ErrorKind::ContractViolation,
        "not-one-outcome",
        format!("One operation was given, and {number} outcomes came back."),
    )
}
