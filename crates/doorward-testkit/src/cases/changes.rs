//! Giving and taking access.

use doorward_core::{ApplyRequest, ErrorKind, OutcomeKind, Query};
use doorward_http::CallEnd;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::bench::{Bench, How, error_text, told};
use crate::cases::faults::{THROTTLED, is_throttled};
use crate::names::altered;
use crate::probe::{Probe, Told};
use crate::rule::{Seen, Stop, broken, left};
use crate::subject::Change;
use crate::wire::Interference;

fn apply(changes: &[(&Change, bool)]) -> Probe {
    let operations = changes
        .iter()
        .zip(1..)
        .map(|((change, gives), number)| {
            let mut operation = change.operation(*gives);
            operation.id = format!("conformance-{number}");
            operation
        })
        .collect();
    Probe::Apply(ApplyRequest { operations })
}

/// A plan ends at the write, which is not sent.
pub(crate) fn plan<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let change = bench.prepare(false).await?;
        match bench.call(&apply(&[(change, true)]), How::PLAN).await.end {
            Err(CallEnd::Planned(_)) => {}
            Ok(_) => return broken("A plan came to its end without meeting a write."),
            Err(end) => return left(format!("A plan ended with {}", told(&end))),
        }
        match bench.becomes(change, false).await? {
            true => Ok(()),
            false => broken("The access was there after a plan of giving it."),
        }
    }
    .boxed()
}

/// All operations of a call are one write.
pub(crate) fn one_write<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for gives in [true, false] {
            let change = bench.prepare(!gives).await?;
            let called = bench.call(&apply(&[(change, gives)]), How::LIVE).await;
            match called.writes.len() {
                0 => return left("The host saw no write."),
                // The next change must not meet a replica that has not seen this one.
                1 => {
                    bench.becomes(change, gives).await?;
                }
                number => {
                    let name = apply(&[(change, gives)]).name();
                    return broken(format!("{name} sent {number} writes."));
                }
            }
        }
        Ok(())
    }
    .boxed()
}

/// The outcome of a change that finds the access so, and how it is afterwards.
async fn outcome(bench: &Bench<'_>, gives: bool, held: bool, right: OutcomeKind) -> Seen {
    let change = bench.prepare(held).await?;
    let name = if gives { "Giving" } else { "Taking" };
    let was = if held { "was there" } else { "was not there" };
    match bench.carry_out(change.operation(gives)).await {
        Ok(outcome) if outcome.kind == right => {}
        Ok(outcome) => {
            return broken(format!("{name} access that {was} gave {}.", outcome.kind.label()));
        }
        Err(error) if error.reason == "not-one-outcome" => return left(error.message),
        Err(error) => {
            return broken(format!("{name} access that {was} gave {}", error_text(&error)));
        }
    }
    match bench.becomes(change, gives).await? {
        true => Ok(()),
        false => broken(format!("{name} access gave {}, and it is not so.", right.label())),
    }
}

/// Access that is not there is given.
pub(crate) fn grant<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    outcome(bench, true, false, OutcomeKind::Granted).boxed()
}

/// Access that is there is "already" given.
pub(crate) fn grant_again<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    outcome(bench, true, true, OutcomeKind::AlreadyGranted).boxed()
}

/// Access that is there is taken.
pub(crate) fn revoke<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    outcome(bench, false, true, OutcomeKind::Revoked).boxed()
}

/// Access that is not there is "already" taken.
pub(crate) fn revoke_again<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    outcome(bench, false, false, OutcomeKind::AlreadyRevoked).boxed()
}

/// The same change for somebody who does not exist, and on something that does not.
async fn of_nobody(bench: &Bench<'_>, change: &Change) -> Result<[Change; 2], Stop> {
    let (nobody, nothing) = (altered(&change.principal), altered(&change.resource.key));
    let keys = vec![nobody.clone(), nothing.clone()];
    match bench.good_answer(&Query::Objects { keys }).await?.is_empty() {
        true => Ok([change.of(nobody), change.on(nothing)]),
        false => left("No id is known that nobody has."),
    }
}

/// One outcome for one operation, in their order; an error as a whole changed nothing.
pub(crate) fn outcomes<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let change = bench.prepare(false).await?;
        let single = bench.call(&apply(&[(change, true)]), How::LIVE).await.end;
        if let Ok(Told::Outcomes(outcomes)) = &single
            && outcomes.len() != 1
        {
            return broken(format!("One operation has {} outcomes.", outcomes.len()));
        }
        bench.becomes(change, true).await?;
        if bench.descriptor().max_batch < 2 {
            return Ok(());
        }
        bench.prepare(false).await?;
        let [nobody, _] = of_nobody(bench, change).await?;
        match bench.call(&apply(&[(change, true), (&nobody, true)]), How::LIVE).await.end {
            Ok(Told::Outcomes(outcomes)) => match outcomes.as_slice() {
                [Ok(_), Err(_)] => match bench.becomes(change, true).await? {
                    true => Ok(()),
                    false => broken("The first of two operations is told as done, and is not."),
                },
                [Err(_), Err(_)] => unchanged(bench, change, "both operations").await,
                [_, _] => broken(
                    "Of two operations the second, for somebody who does not exist, is told as \
                     done.",
                ),
                other => broken(format!("Two operations have {} outcomes.", other.len())),
            },
            Ok(_) => left("`apply` gave something else."),
            Err(CallEnd::Error(_)) => unchanged(bench, change, "the request as a whole").await,
            Err(end) => left(format!("A batch ended with {}", told(&end))),
        }
    }
    .boxed()
}

async fn unchanged(bench: &Bench<'_>, change: &Change, what: &str) -> Seen {
    match bench.becomes(change, false).await? {
        true => Ok(()),
        false => broken(format!("{what} ended with an error, and the access was changed.")),
    }
}

/// Whom or what there is not is `NotFound`.
pub(crate) fn unknown_target<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let change = bench.change().await?;
        for nobody in of_nobody(bench, change).await? {
            let key = nobody.key();
            let what =
                format!("Giving `{}` on {} to {}", key.entitlement, key.resource, key.principal);
            match bench.carry_out(nobody.operation(true)).await {
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) if error.reason == "not-one-outcome" => return left(error.message),
                Err(error) => return broken(format!("{what} gave {}", error_text(&error))),
                Ok(outcome) => return broken(format!("{what} gave {}.", outcome.kind.label())),
            }
        }
        Ok(())
    }
    .boxed()
}

/// A write that is throttled is the host's to repeat.
pub(crate) fn throttled<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let change = bench.prepare(false).await?;
        let fault = Interference { fault: THROTTLED, writes: true, skip: 0, times: usize::MAX };
        let called = bench.suffer(&apply(&[(change, true)]), How::LIVE_ONCE, fault).await;
        if called.writes.is_empty() {
            return left("The host saw no write.");
        }
        let error = match called.end {
            Err(CallEnd::Error(error)) => error,
            Ok(Told::Outcomes(outcomes)) => match outcomes.into_iter().find_map(Result::err) {
                Some(error) => error,
                None => return broken("A write that was answered with HTTP 429 is told as done."),
            },
            Ok(_) => return left("`apply` gave something else."),
            Err(end) => return left(format!("The call ended with {}", told(&end))),
        };
        if !is_throttled(&error) {
            return broken(format!(
                "A write that was answered with HTTP 429 ended with {}, retry {:?}",
                error_text(&error),
                error.retry
            ));
        }
        match called.writes.len() {
            1 => Ok(()),
            number => broken(format!("The connector sent the write {number} times by itself.")),
        }
    }
    .boxed()
}
