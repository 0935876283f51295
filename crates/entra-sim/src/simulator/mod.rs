//! The service: from a request to an answer, a fault, or silence.

mod authenticate;
mod batch;
mod batch_steps;
mod dispatch;
mod respond;
mod suffer;

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;

use crate::faults::{Fault, Faults};
use crate::quota::Quota;
use crate::random;
use crate::settings::Settings;
use crate::tenant::Tenant;
use crate::trace::TraceEntry;

/// Why no whole answer came: a network error in a transport's words.
#[derive(Debug)]
pub enum SimulatedFault {
    /// The connection broke before any answer; `applied` says whether the request was carried out, which no
    /// client can know.
    ConnectionReset {
        /// Whether the tenant carried the request out.
        applied: bool,
    },
    /// Head and a part of the body arrived, then the connection broke.
    TruncatedBody {
        /// The head, with the part of the body that arrived.
        partial: Box<Response<Bytes>>,
        /// How long the whole body would have been.
        length: usize,
    },
    /// The TLS handshake failed.
    TlsFailure,
    /// No such host: neither ours nor one of Microsoft's.
    NoSuchHost(String),
}

impl fmt::Display for SimulatedFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectionReset { .. } => formatter.write_str("connection reset by peer"),
            Self::TruncatedBody { partial, length } => {
                write!(
                    formatter,
                    "connection closed after {} of {length} bytes",
                    partial.body().len()
                )
            }
            Self::TlsFailure => formatter.write_str("TLS handshake failed"),
            Self::NoSuchHost(host) => write!(formatter, "no such host: {host}"),
        }
    }
}

impl std::error::Error for SimulatedFault {}

/// A clock that the caller owns.
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

pub(crate) struct State {
    pub(crate) tenant: Tenant,
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
    pub(crate) quota: Quota,
    pub(crate) trace: VecDeque<TraceEntry>,
    pub(crate) requests: u64,
}

struct Inner {
    state: Mutex<State>,
    clock: Clock,
}

/// The imitated services around one tenant. Clones share it.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Simulator").finish_non_exhaustive()
    }
}

/// Locked access to the oracle. Drop it before the next request: the service waits for it.
pub struct TenantGuard<'a>(MutexGuard<'a, State>);

impl fmt::Debug for TenantGuard<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.tenant.fmt(formatter)
    }
}

impl Deref for TenantGuard<'_> {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        &self.0.tenant
    }
}

impl DerefMut for TenantGuard<'_> {
    fn deref_mut(&mut self) -> &mut Tenant {
        &mut self.0.tenant
    }
}

impl Simulator {
    /// A simulator around a tenant; `clock` tells what time it is, also for token and secret lifetimes.
    #[must_use]
    pub fn new(
        tenant: Tenant,
        settings: Settings,
        clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Self {
        let state = State {
            tenant,
            settings,
            faults: Faults::default(),
            quota: Quota::default(),
            trace: VecDeque::new(),
            requests: 0,
        };
        Self { inner: Arc::new(Inner { state: Mutex::new(state), clock }) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked with the lock held has failed already; the state is still whole.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The oracle.
    #[must_use]
    pub fn tenant(&self) -> TenantGuard<'_> {
        let mut state = self.lock();
        state.tenant.advance((self.inner.clock)());
        TenantGuard(state)
    }

    /// Turns switches in the middle of a run.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.lock().settings);
    }

    /// What was asked and answered so far, oldest first.
    #[must_use]
    pub fn trace(&self) -> Vec<TraceEntry> {
        self.lock().trace.iter().cloned().collect()
    }

    /// Forgets the trace; numbers go on.
    pub fn clear_trace(&self) {
        self.lock().trace.clear();
    }

    /// Injects a fault behind those that wait already.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.add(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }
}

/// What a request comes to.
pub(crate) enum Outcome {
    Answer(Box<Response<Bytes>>),
    Fault(SimulatedFault),
    Silence,
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Bytes>, SimulatedFault>> + Send>>;

impl tower::Service<Request<Bytes>> for Simulator {
    type Response = Response<Bytes>;
    type Error = SimulatedFault;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SimulatedFault>> {
        Poll::Ready(Ok(()))
    }

    /// Carried out at the first poll, then the latency passes: a client that gives up meanwhile has written.
    fn call(&mut self, request: Request<Bytes>) -> Answering {
        let simulator = self.clone();
        Box::pin(async move {
            let (outcome, delay) = {
                let mut state = simulator.lock();
                let now = (simulator.inner.clock)();
                state.tenant.advance(now);
                let outcome = dispatch::dispatch(&mut state, now, &request);
                (outcome, latency(&state))
            };
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            match outcome {
                Outcome::Answer(response) => Ok(*response),
                Outcome::Fault(fault) => Err(fault),
                Outcome::Silence => std::future::pending().await,
            }
        })
    }
}

fn latency(state: &State) -> Duration {
    let latency = state.settings.latency;
    let spread = latency.most.saturating_sub(latency.least);
    let bound = u64::try_from(spread.as_micros()).unwrap_or(u64::MAX);
    let more =
        random::below(state.settings.seed, "latency", state.requests, bound.saturating_add(1));
    latency.least + Duration::from_micros(more)
}
