//! What a connector does when a request goes wrong.

use doorward_core::{Error, ErrorKind, Retry};
use doorward_http::CallEnd;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::HashSet;
use std::mem::discriminant;
use std::time::Duration;
use tokio::time::Instant;

use crate::bench::{Bench, How, error_text};
use crate::probe::{Probe, Told};
use crate::rule::{Seen, Stop, broken, left};
use crate::wire::{Fault, Interference};

/// Requests of one call that go wrong, each by itself.
const MOST_REQUESTS: usize = 4;
/// The delay that the suite asks for, in seconds.
const DELAY: u64 = 7;

const FORBIDDEN: Fault = Fault::status(403);
const UNAVAILABLE: Fault = Fault::status(503);
pub(crate) const THROTTLED: Fault =
    Fault::Answer { status: 429, retry_after: Some(DELAY), body: "{}" };
const GARBAGE: Fault =
    Fault::Answer { status: 200, retry_after: None, body: "<html><body>Sign in</body></html>" };

/// A call that works, and how many requests it sends.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) probe: Probe,
    pub(crate) told: Told,
    pub(crate) requests: usize,
}

impl Bench<'_> {
    /// Calls of each sort that read.
    ///
    /// # Errors
    /// Left out when there is none that works.
    pub(crate) async fn tried(&self) -> Result<&[Tried], Stop> {
        let tried = self.tried.get_or_init(|| self.try_each()).await;
        match tried.is_empty() {
            true => left("No call that reads works."),
            false => Ok(tried),
        }
    }

    async fn try_each(&self) -> Vec<Tried> {
        let mut tried = Vec::new();
        for probe in self.reading_probes().await {
            let before = self.wire.count();
            let Ok(told) = self.read(&probe).await else { continue };
            let requests = self.wire.count() - before;
            tried.push(Tried { probe, told, requests });
        }
        tried
    }

    async fn reading_probes(&self) -> Vec<Probe> {
        use doorward_core::Capability::{Check, Read, Sync};
        let descriptor = self.descriptor();
        let mut probes = Vec::new();
        if descriptor.can(Check) {
            probes.push(Probe::Check);
        }
        if descriptor.can(Sync) {
            let mut seen = HashSet::new();
            let pages = self.walk().await.pages.iter();
            // The first of each stream and phase, and one that goes on.
            let some = pages.filter(|read| seen.insert((&read.cursor.stream, read.cursor.phase)));
            probes.extend(some.map(|read| read.probe.clone()).take(8));
        }
        if descriptor.can(Read)
            && let Ok(known) = self.known().await
        {
            let mut seen = HashSet::new();
            let questions = known.questions(self).into_iter();
            let one_of_each = questions.filter(|query| seen.insert(discriminant(query)));
            probes.extend(one_of_each.map(Probe::read));
        }
        probes
    }

    /// Lets each of the first requests of each call go wrong, and judges what the call comes to.
    async fn each_fault(
        &self,
        fault: &Fault,
        judge: impl Fn(&Tried, &Result<Told, CallEnd>) -> Option<String>,
    ) -> Seen {
        for tried in self.tried().await? {
            for skip in 0..tried.requests.min(MOST_REQUESTS) {
                let fault = Interference { fault: fault.clone(), writes: false, skip, times: 1 };
                let end = self.suffer(&tried.probe, How::READ_ONCE, fault).await.end;
                if let Some(seen) = judge(tried, &end) {
                    return broken(format!(
                        "{}, whose request {} was answered so, {seen}",
                        tried.probe.name(),
                        skip + 1
                    ));
                }
            }
        }
        Ok(())
    }

    /// As [`each_fault`](Self::each_fault), by the errors alone.
    async fn each_error(&self, fault: &Fault, is_right: impl Fn(&Error) -> bool) -> Seen {
        self.each_fault(fault, |_, end| match end {
            Err(CallEnd::Error(error)) if !is_right(error) => {
                Some(format!("ended with {}, retry {:?}", error_text(error), error.retry))
            }
            _ => None,
        })
        .await
    }
}

/// What could not be read is told.
pub(crate) fn gaps<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for fault in [FORBIDDEN, UNAVAILABLE, GARBAGE] {
            bench
                .each_fault(&fault, |tried, end| match end {
                    Ok(told) if !told.leaves_nothing_out(&tried.told) => {
                        Some(format!("gave less than before, and does not say so ({fault:?})."))
                    }
                    _ => None,
                })
                .await?;
        }
        Ok(())
    }
    .boxed()
}

/// A refusal is one.
pub(crate) fn forbidden<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    let is_right =
        |error: &Error| error.kind == ErrorKind::PermissionDenied && error.retry == Retry::Never;
    bench.each_error(&FORBIDDEN, is_right).boxed()
}

/// An outage is one, and worth another try.
pub(crate) fn unavailable<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let is_right =
            |error: &Error| error.kind == ErrorKind::Unavailable && error.retry != Retry::Never;
        bench.each_error(&UNAVAILABLE, is_right).await?;
        bench.each_error(&Fault::Lost, is_right).await
    }
    .boxed()
}

/// A request to slow down is handed on, with its delay.
pub(crate) fn throttled<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    bench.each_error(&THROTTLED, is_throttled).boxed()
}

/// Whether the error hands the suite's delay on.
pub(crate) fn is_throttled(error: &Error) -> bool {
    let waits =
        matches!(error.retry, Retry::After { milliseconds } if milliseconds >= DELAY * 1_000);
    error.kind == ErrorKind::RateLimited && waits
}

/// What answers is not the system.
pub(crate) fn garbage<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    let is_right =
        |error: &Error| matches!(error.kind, ErrorKind::ContractViolation | ErrorKind::Unavailable);
    bench.each_error(&GARBAGE, is_right).boxed()
}

/// The host repeats, not the connector.
pub(crate) fn no_retry<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for tried in bench.tried().await? {
            let before = bench.wire.count();
            let fault =
                Interference { fault: UNAVAILABLE, writes: false, skip: 0, times: usize::MAX };
            bench.suffer(&tried.probe, How::READ_ONCE, fault).await;
            let requests = bench.wire.requests();
            let sent = requests.get(before..).unwrap_or_default();
            let again = sent
                .iter()
                .enumerate()
                .find(|(place, one)| sent.iter().take(*place).any(|earlier| earlier == *one));
            if let Some((_, request)) = again {
                return broken(format!(
                    "{} sent `{}` again when it was answered with HTTP 503.",
                    tried.probe.name(),
                    request.shown
                ));
            }
        }
        Ok(())
    }
    .boxed()
}

/// Longer than a connector computes.
const IDLE: Duration = Duration::from_secs(1);

/// The host waits, not the connector.
pub(crate) fn no_waiting<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for tried in bench.tried().await? {
            let (began, busy) = (Instant::now(), bench.wire.busy());
            let _ = bench.call(&tried.probe, How::READ_ONCE).await;
            let idle = began.elapsed().saturating_sub(bench.wire.busy() - busy);
            if idle > IDLE {
                return broken(format!(
                    "{} waited {:.1} seconds while no request was under way.",
                    tried.probe.name(),
                    idle.as_secs_f64()
                ));
            }
        }
        Ok(())
    }
    .boxed()
}
