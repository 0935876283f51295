//! The way to the system: it passes requests on, remembers them, and lets some go wrong.

use async_trait::async_trait;
use bytes::Bytes;
use doorward_core::Reach;
use doorward_http::{AddressRule, BodyStream, Transport, TransportError, TransportErrorKind};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::future::pending;
use std::hash::Hasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What a request gets instead of its answer.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This, and nothing is carried out.
    Answer { status: u16, retry_after: Option<u64>, body: &'static str },
    /// The connection is lost, and nothing is carried out.
    Lost,
    /// It is carried out, and then the connection is lost.
    CarriedOutThenLost,
    /// Nothing, ever.
    Never,
}

impl Fault {
    /// This status, with an empty JSON object.
    pub(crate) const fn status(status: u16) -> Self {
        Self::Answer { status, retry_after: None, body: "{}" }
    }
}

/// Which requests go wrong, counted from when the fault is put in. Those for tokens never do.
#[derive(Clone, Debug)]
pub(crate) struct Interference {
    pub(crate) fault: Fault,
    /// Only requests that write.
    pub(crate) writes: bool,
    /// So many pass first.
    pub(crate) skip: usize,
    /// So many go wrong then.
    pub(crate) times: usize,
}

/// A request that came by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// E.g. `GET /v1/groups`.
    pub(crate) shown: String,
    url: String,
    body: Bytes,
}

#[derive(Default)]
struct State {
    interference: Option<Interference>,
    requests: Vec<Request>,
    in_flight: usize,
    /// How long requests were in flight.
    busy: Duration,
    /// The host announced a write.
    write_is_next: bool,
    /// Whether a request met [`Fault::Never`] since the last fault was put in.
    holds: bool,
}

/// The way to the system.
pub(crate) struct Wire {
    inner: Arc<dyn Transport>,
    tokens: BTreeSet<String>,
    state: Mutex<State>,
    /// Over the bodies of the answers.
    answers: Arc<Mutex<DefaultHasher>>,
    /// Told when a request meets [`Fault::Never`].
    held: Notify,
}

/// A request in flight, until it is answered or dropped.
struct Flight<'a> {
    wire: &'a Wire,
    since: Instant,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut state = self.wire.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        state.busy += self.since.elapsed();
    }
}

impl Wire {
    pub(crate) fn new(inner: Arc<dyn Transport>, reach: &Reach) -> Self {
        let tokens = reach
            .endpoints
            .iter()
            .filter_map(|endpoint| endpoint.scheme.token_url())
            .map(|(token_url, _)| token_url.to_owned());
        Self {
            inner,
            tokens: tokens.collect(),
            state: Mutex::default(),
            answers: Arc::default(),
            held: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the system answered since this was asked last: the same for the same bodies.
    pub(crate) fn answers(&self) -> u64 {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *answers).finish()
    }

    /// Hears a body as it passes.
    fn heard(&self, body: BodyStream) -> BodyStream {
        let answers = Arc::clone(&self.answers);
        let hear = move |bytes: &Bytes| {
            answers.lock().unwrap_or_else(PoisonError::into_inner).write(bytes);
        };
        body.inspect_ok(hear).boxed()
    }

    /// From now on.
    pub(crate) fn interfere(&self, interference: Interference) {
        let mut state = self.state();
        state.interference = Some(interference);
        state.holds = false;
    }

    /// No longer.
    pub(crate) fn leave_alone(&self) {
        self.state().interference = None;
    }

    /// The next request writes.
    pub(crate) fn write_is_next(&self) {
        self.state().write_is_next = true;
    }

    /// The requests so far, those for tokens left out.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// How many requests there were so far.
    pub(crate) fn count(&self) -> usize {
        self.state().requests.len()
    }

    /// How many are in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.state().in_flight
    }

    /// How long requests were in flight so far.
    pub(crate) fn busy(&self) -> Duration {
        self.state().busy
    }

    /// Waits until a request meets [`Fault::Never`].
    pub(crate) async fn held(&self) {
        while !self.state().holds {
            self.held.notified().await;
        }
    }

    /// Writes a request down, and says what shall become of it.
    fn meet(&self, request: &http::Request<Bytes>) -> Option<Fault> {
        let uri = request.uri();
        let url = uri.to_string();
        let mut state = self.state();
        state.in_flight += 1;
        if self.tokens.contains(&url) {
            return None;
        }
        let shown = format!("{} {}", request.method(), uri.path());
        state.requests.push(Request { shown, url, body: request.body().clone() });
        let writes = std::mem::take(&mut state.write_is_next);
        let interference = state.interference.as_mut().filter(|one| writes || !one.writes)?;
        if interference.skip > 0 {
            interference.skip -= 1;
            return None;
        }
        interference.times = interference.times.checked_sub(1)?;
        Some(interference.fault.clone())
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        addresses: AddressRule,
    ) -> Result<http::Response<BodyStream>, TransportError> {
        let fault = self.meet(&request);
        let _flight = Flight { wire: self, since: Instant::now() };
        let lost = || TransportError::new(TransportErrorKind::Lost, "the suite broke it");
        match fault {
            None => {
                let answer = self.inner.send(request, addresses).await?;
                Ok(answer.map(|body| self.heard(body)))
            }
            Some(Fault::Answer { status, retry_after, body }) => {
                answer(status, retry_after, body).map_err(|_| lost())
            }
            Some(Fault::Lost) => Err(lost()),
            Some(Fault::CarriedOutThenLost) => {
                self.inner.send(request, addresses).await?;
                Err(lost())
            }
            Some(Fault::Never) => {
                self.state().holds = true;
                self.held.notify_one();
                pending().await
            }
        }
    }
}

fn answer(
    status: u16,
    retry_after: Option<u64>,
    body: &'static str,
) -> http::Result<http::Response<BodyStream>> {
    let mut response = http::Response::builder().status(status);
    let is_json = body.starts_with('{');
    response =
        response.header("content-type", if is_json { "application/json" } else { "text/html" });
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds.to_string());
    }
    response.body(stream::once(async move { Ok(Bytes::from_static(body.as_bytes())) }).boxed())
}
