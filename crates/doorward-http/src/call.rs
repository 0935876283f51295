//! One call of a connector: it runs, and it ends, by itself or early.

use async_trait::async_trait;
use doorward_core::{
    Attributes, Clock, Context, Error, Http, HttpRequest, HttpResponse, Level, Log, MOST_AT_ONCE,
    Result, Timestamp,
};
use futures::future::join_all;
use std::future::{Future, pending};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

use crate::ending::Ending;
use crate::exchange::{Stop, claims, exchange, only_read};
use crate::redact::Redactor;
use crate::retry::{Budget, Delays};
use crate::session::Shared;
use crate::writes::Writes;
use crate::{CallEnd, WriteRecord, errors};

/// Bytes that one call may log; a connector that writes more is broken.
const MOST_LOGGED: usize = 1 << 20;
/// What a line takes beside its words.
const LINE: usize = 64;
/// Bytes of one line of it.
const LONGEST_LINE: usize = 8 << 10;

/// What a call may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Read and write.
    Live,
    /// Read; the first write ends the call with [`CallEnd::Planned`], before a byte is sent.
    Plan,
    /// Read; the first write ends the call with [`CallEnd::Denied`]. For `check`, `sync`, `read`
    /// and `settle`, which never write.
    #[default]
    Read,
}

/// How a call is made.
#[derive(Clone)]
pub struct CallOptions {
    /// What it may do.
    pub mode: Mode,
    /// How long it may take, all repeats and waits included.
    pub deadline: Duration,
    /// What to do right before a write leaves, each time one does: for a journal. When it fails,
    /// nothing is sent, and the call ends with [`CallEnd::Denied`].
    pub before_write: Option<Arc<BeforeWrite>>,
    /// The moment that the connector is told, instead of now: requests of a plan are comparable only
    /// when they are made of the same moment.
    pub told_moment: Option<Timestamp>,
}

/// A clock that stands.
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Called with the record of a write that is about to leave.
pub type BeforeWrite = dyn Fn(&WriteRecord) -> Result<()> + Send + Sync;

impl CallOptions {
    /// A call of this mode and deadline.
    pub fn new(mode: Mode, deadline: Duration) -> Self {
        Self { mode, deadline, before_write: None, told_moment: None }
    }
}

/// One call of a connector, with its budget of repeats and its record of writes.
pub struct Call(Arc<CallState>);

pub(crate) struct CallState {
    pub(crate) session: Arc<Shared>,
    pub(crate) mode: Mode,
    pub(crate) before_write: Option<Arc<BeforeWrite>>,
    told_moment: Option<Timestamp>,
    pub(crate) budget: Budget,
    pub(crate) writes: Writes,
    ending: Ending,
    limit: Duration,
    trouble: Mutex<Option<String>>,
    /// The secrets that this call sent: no error and no log line of it may quote them.
    sent: Mutex<Redactor>,
    /// Bytes logged so far.
    logged: AtomicUsize,
}

impl CallState {
    /// Remembers the secrets of a request.
    pub(crate) fn remember(&self, redactor: &Redactor) {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).join(redactor);
    }

    fn redacted_text(&self, text: &str) -> Option<String> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).text(text)
    }

    fn redacted(&self, error: Error) -> Error {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).error(error)
    }

    /// Ends the call: the connector broke a rule.
    fn refuse(&self, reason: &str, message: String) {
        self.ending.put(CallEnd::Denied(errors::violation(reason, message)));
    }

    /// Remembers what a repeat is for, so that a deadline can say what kept the call.
    pub(crate) fn trouble(&self, what: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(what);
    }
}

impl Call {
    pub(crate) fn new(session: Arc<Shared>, options: CallOptions) -> Self {
        let now = Instant::now();
        // A deadline beyond what the clock can count is none; 30 years stand for it.
        let far = Duration::from_secs(86_400 * 365 * 30);
        let deadline = now + options.deadline.min(far);
        Self(Arc::new(CallState {
            mode: options.mode,
            before_write: options.before_write,
            told_moment: options.told_moment,
            budget: Budget::new(session.limits.repeats, deadline),
            writes: Writes::default(),
            ending: Ending::default(),
            limit: options.deadline,
            trouble: Mutex::default(),
            sent: Mutex::new(Redactor::NONE),
            logged: AtomicUsize::new(0),
            session,
        }))
    }

    /// Runs the connector's method, once or, as its error's `retry` asks, again: within the budget
    /// and the deadline, and only if every write of the attempt was refused as a whole.
    ///
    /// When the call ends early, the connector's future is dropped where it stands.
    ///
    /// # Errors
    /// [`CallEnd`]. When a wait would pass the deadline, the connector's error stands at once, with
    /// its `retry`.
    pub async fn run<T, F, Fut>(&self, mut attempt: F) -> Result<T, CallEnd>
    where
        F: FnMut(Context) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let mut delays: Option<Delays> = None;
        loop {
            let known = self.0.writes.len();
            let error = match self.guard(attempt(self.context())).await? {
                Ok(value) => return Ok(value),
                Err(error) => self.0.redacted(error),
            };
            let wait = delays
                .get_or_insert_with(|| Delays::new(self.0.session.random.as_ref()))
                .for_error(error.retry)
                .filter(|_| self.0.writes.refused_since(known))
                .filter(|wait| self.0.budget.take(1, *wait));
            let Some(wait) = wait else {
                return Err(CallEnd::Error(error));
            };
            tracing::debug!(
                target: "doorward_http",
                reason = error.reason,
                wait_ms = millis(wait),
                "call repeated"
            );
            self.0.trouble(error.message);
            self.guard(sleep(wait)).await?;
        }
    }

    /// The writes that left so far, or may have left. Complete also when the future of
    /// [`run`](Self::run) was dropped.
    pub fn writes(&self) -> Vec<WriteRecord> {
        self.0.writes.all()
    }

    fn context(&self) -> Context {
        let session = &self.0.session;
        let clock: Arc<dyn Clock> = match self.0.told_moment {
            Some(moment) => Arc::new(Stopped(moment)),
            None => session.clock.clone(),
        };
        Context::new(
            Arc::new(CallHttp(self.0.clone())),
            clock,
            session.random.clone(),
            Arc::new(CallLog(self.0.clone())),
        )
    }

    /// The future's value, unless the call ends before, or while, it is found.
    async fn guard<T>(&self, future: impl Future<Output = T>) -> Result<T, CallEnd> {
        let state = &self.0;
        let value = tokio::select! {
            biased;
            end = state.ending.wait() => return Err(end),
            () = sleep_until(state.budget.deadline()) => return Err(self.deadline()),
            value = future => value,
        };
        match state.ending.take() {
            Some(end) => Err(end),
            None => Ok(value),
        }
    }

    fn deadline(&self) -> CallEnd {
        let trouble = self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        CallEnd::Deadline(errors::deadline(self.0.limit, trouble.as_deref()))
    }
}

/// HTTP as the connector of one call sees it.
struct CallHttp(Arc<CallState>);

impl CallHttp {
    /// The result, or, when the call is over, nothing ever: [`Call::run`] drops the caller.
    async fn settle<T>(&self, work: impl Future<Output = Result<T, Stop>>) -> Result<T, Error> {
        if self.0.ending.is_put() {
            return pending().await;
        }
        match work.await {
            Ok(value) => Ok(value),
            Err(Stop::Failed(error)) => Err(*error),
            Err(Stop::Ended(end)) => {
                self.0.ending.put(*end);
                pending().await
            }
        }
    }
}

#[async_trait]
impl Http for CallHttp {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        self.settle(exchange(&self.0, request, self.0.session.limits)).await
    }

    async fn send_all(&self, requests: Vec<HttpRequest>) -> Vec<Result<HttpResponse>> {
        if requests.len() > MOST_AT_ONCE {
            let many = requests.len();
            self.0.refuse(
                "too-many-at-once",
                format!("The connector sent {many} requests at once; {MOST_AT_ONCE} are allowed."),
            );
            return pending().await;
        }
        if let Some(request) = requests.iter().find(|request| !only_read(&self.0, request)) {
            self.0.refuse(
                "write-among-many",
                format!(
                    "The connector tried to write ({} {}) among requests that are sent at once.",
                    request.method.name(),
                    request.path.template()
                ),
            );
            return pending().await;
        }
        // Their answers are kept at once, so they share what one may be.
        let limits = self.0.session.limits.shared(requests.len());
        let sent = requests.into_iter().map(|request| exchange(&self.0, request, limits));
        join_all(sent.map(|sent| self.settle(sent))).await
    }

    fn relative(&self, endpoint: &str, link: &str) -> Result<String> {
        self.0.session.endpoint(endpoint)?.origin.relative(link)
    }

    async fn claims(&self, endpoint: &str) -> Result<Attributes> {
        self.settle(claims(&self.0, endpoint)).await
    }
}

/// The log as the connector of one call sees it: what the call sent is cut out, for an answer that
/// echoes it is data, and a connector may log what it cannot read.
struct CallLog(Arc<CallState>);

impl Log for CallLog {
    fn log(&self, level: Level, message: &str) {
        // A line is more than its words, also an empty one.
        let size = message.len().saturating_add(LINE);
        let before = self.0.logged.fetch_add(size, Ordering::Relaxed);
        if before.saturating_add(size) > MOST_LOGGED {
            let limit = MOST_LOGGED >> 20;
            self.0.refuse(
                "log-flood",
                format!("The connector logged more than {limit} MiB in one call."),
            );
            return;
        }
        // Cut after what was sent is cut out, so that no part of it is left.
        let redacted = self.0.redacted_text(message);
        let line = redacted.as_deref().unwrap_or(message);
        self.0.session.log.log(level, short(line));
    }
}

/// The beginning of a line, as much as one may have.
fn short(line: &str) -> &str {
    line.get(..line.floor_char_boundary(LONGEST_LINE)).unwrap_or(line)
}

/// Whole milliseconds, for logs.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
