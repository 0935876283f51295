//! What came of a write whose answer was lost.

use doorward_core::{OutcomeKind, SettleRequest};
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::SignedDuration;

use crate::bench::{Bench, How, error_text};
use crate::probe::Probe;
use crate::rule::{Seen, broken, left};
use crate::wire::{Fault, Interference};

/// A lost answer is settled by looking: in both directions, whether the write arrived or not.
pub(crate) fn lost_answer<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    use OutcomeKind::{Granted, NotApplied, Revoked, Unknown};
    async move {
        for (gives, arrives, right) in [
            (true, true, &[Granted][..]),
            (false, true, &[Revoked]),
            (true, false, &[NotApplied, Unknown]),
            (false, false, &[NotApplied, Unknown]),
        ] {
            one(bench, gives, arrives, right).await?;
        }
        Ok(())
    }
    .boxed()
}

/// Longer than replicas lag: what was sent so long ago is shown by now, or was not carried out.
const LONG_AGO: SignedDuration = SignedDuration::from_mins(15);

async fn one(bench: &Bench<'_>, gives: bool, arrives: bool, right: &[OutcomeKind]) -> Seen {
    let change = bench.prepare(!gives).await?;
    let operation = change.operation(gives);
    let prior = (!gives).then(|| doorward_core::Grant::new(change.key()));
    let fault = if arrives { Fault::CarriedOutThenLost } else { Fault::Lost };
    let fault = Interference { fault, writes: true, skip: 0, times: 1 };
    let request = doorward_core::ApplyRequest { operations: vec![operation.clone()] };
    let mut sent = bench.subject.clock.now();
    let called = bench.suffer(&Probe::Apply(request), How::LIVE_ONCE, fault).await;
    if called.writes.is_empty() {
        return left("The host saw no write.");
    }
    let mut given_up = bench.subject.clock.now();
    if !arrives {
        // Nothing was sent, so that nobody has to wait until that is certain.
        sent = sent.saturating_sub(LONG_AGO).unwrap_or(sent);
        given_up = sent;
    }
    let request =
        SettleRequest { operation, prior, handle: None, sent, given_up, last_changed: None };
    let what = format!(
        "A {} whose answer was lost, and which was {}carried out,",
        if gives { "grant" } else { "revoke" },
        if arrives { "" } else { "not " }
    );
    match bench.settled(request).await {
        Ok(outcome) if right.contains(&outcome.kind) => Ok(()),
        Ok(outcome) => broken(format!("{what} was settled as {}.", outcome.kind.label())),
        Err(error) => broken(format!("{what} ended with {}", error_text(&error))),
    }
}
