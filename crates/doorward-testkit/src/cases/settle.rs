//! What came of a write whose answer was lost.

use doorward_core::{ApplyRequest, Grant, Outcome, OutcomeKind, SettleRequest};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::sleep;

use crate::bench::{Bench, How, told};
use crate::change::{LOOKS, PAUSE};
use crate::probe::{Probe, Told};
use crate::rule::{Seen, Stop, broken, left};
use crate::wire::{Fault, Interference};

/// A lost answer is settled by looking: in both directions, whether the write arrived or not.
pub(crate) fn lost_answer<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    use OutcomeKind::{Granted, NotApplied, Revoked};
    async move {
        for (gives, arrives, right) in [
            (true, true, Granted),
            (false, true, Revoked),
            (true, false, NotApplied),
            (false, false, NotApplied),
        ] {
            let what = format!(
                "A {} whose answer was lost, and which was {}carried out,",
                if gives { "grant" } else { "revoke" },
                if arrives { "" } else { "not " }
            );
            let probe = Probe::Settle(lost(bench, gives, arrives).await?);
            is_settled(bench, &probe, &what, right).await?;
            bench.becomes(bench.change().await?, gives == arrives).await?;
        }
        Ok(())
    }
    .boxed()
}

/// At once it may not be known, and must not be wrong. Once replicas have caught up it is known;
/// these may need a moment yet.
async fn is_settled(bench: &Bench<'_>, probe: &Probe, what: &str, right: OutcomeKind) -> Seen {
    let mut last = settle(bench, probe, what, How::READ).await?;
    if last.kind != right && last.kind.is_final() {
        return broken(format!("{what} was settled as {}.", last.kind.label()));
    }
    for _ in 0..LOOKS {
        last = settle(bench, probe, what, How::READ_LATER).await?;
        if last.kind == right {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
    broken(format!("{what} is {} a quarter of an hour later.", last.kind.label()))
}

async fn settle(bench: &Bench<'_>, probe: &Probe, what: &str, how: How) -> Result<Outcome, Stop> {
    match bench.call(probe, how).await.end {
        Ok(Told::Outcome(outcome)) => Ok(outcome),
        Ok(_) => left("`settle` gave something else."),
        Err(end) => broken(format!("{what} ended with {}", told(&end))),
    }
}

/// Loses the answer to a change.
async fn lost(bench: &Bench<'_>, gives: bool, arrives: bool) -> Result<SettleRequest, Stop> {
    let change = bench.prepare(!gives).await?;
    let operation = change.operation(gives);
    let prior = (!gives).then(|| Grant::new(change.key()));
    let (sent, last_changed) = (bench.subject.clock.now(), bench.changed().at);
    let fault = if arrives { Fault::CarriedOutThenLost } else { Fault::Lost };
    let fault = Interference { fault, writes: true, skip: 0, times: 1 };
    let request = ApplyRequest { operations: vec![operation.clone()] };
    let called = bench.suffer(&Probe::Apply(request), How::LIVE_ONCE, fault).await;
    if called.writes.is_empty() {
        return left("The host saw no write.");
    }
    let given_up = bench.subject.clock.now();
    Ok(SettleRequest { operation, prior, handle: None, sent, given_up, last_changed })
}
