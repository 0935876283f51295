//! Calls that end early: nothing of them goes on.

use doorward_http::CallEnd;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::mem::discriminant;
use std::time::Duration;
use tokio::time::Instant;

use crate::bench::{Bench, How, told};
use crate::cases::faults::Tried;
use crate::probe::Probe;
use crate::rule::{Seen, broken};
use crate::wire::{Fault, Interference};

/// Requests of one call at which it is stopped.
const MOST_REQUESTS: usize = 4;

/// How long a call may take whose provider never answers.
const DEADLINE: Duration = Duration::from_millis(300);

/// How much later it may end on a machine that is busy.
const LATE: Duration = Duration::from_secs(5);

fn never(skip: usize) -> Interference {
    Interference { fault: Fault::Never, writes: false, skip, times: 1 }
}

/// One call of each sort is enough: by how it begins.
async fn one_of_each(bench: &Bench<'_>) -> Result<Vec<Tried>, crate::rule::Stop> {
    let mut all = bench.tried().await?.to_vec();
    all.dedup_by_key(|tried| discriminant(&tried.probe));
    Ok(all)
}

/// A call whose provider never answers ends at its deadline.
pub(crate) fn deadline<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for tried in one_of_each(bench).await?.iter().filter(|tried| tried.requests > 0) {
            let name = tried.probe.name();
            let how = How { deadline: DEADLINE, ..How::READ_ONCE };
            let began = Instant::now();
            let end = bench.suffer(&tried.probe, how, never(0)).await.end;
            if began.elapsed() > DEADLINE + LATE {
                return broken(format!("{name} went on long after its deadline."));
            }
            if !matches!(end, Err(CallEnd::Deadline(_))) {
                let how = end.map_or_else(|end| told(&end), |_| "an answer".to_owned());
                return broken(format!("{name}, whose provider did not answer, ended with {how}"));
            }
            if let Some(what) = bench.leftovers().await {
                return broken(format!("{name} came to its deadline, and {what}."));
            }
        }
        Ok(())
    }
    .boxed()
}

/// A call that is dropped at any request leaves nothing behind, and works when it is made again.
pub(crate) fn cancelled<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for tried in one_of_each(bench).await? {
            for request in 0..tried.requests.min(MOST_REQUESTS) {
                cancelled_at(bench, &tried, request).await?;
            }
        }
        Ok(())
    }
    .boxed()
}

async fn cancelled_at(bench: &Bench<'_>, tried: &Tried, request: usize) -> Seen {
    let name = tried.probe.name();
    bench.wire.interfere(never(request));
    tokio::select! {
        biased;
        () = bench.wire.held() => {}
        _ = bench.call(&tried.probe, How::READ_ONCE) => {}
    }
    let left = bench.leftovers().await;
    bench.wire.leave_alone();
    if let Some(what) = left {
        return broken(format!("{name} was stopped at its request {}, and {what}.", request + 1));
    }
    match bench.read(&tried.probe).await {
        Ok(again) if matches!(tried.probe, Probe::Check) || again.says_the_same(&tried.told) => {
            Ok(())
        }
        _ => broken(format!(
            "{name} was stopped at its request {}, and does not work any more.",
            request + 1
        )),
    }
}
