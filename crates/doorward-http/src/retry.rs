//! When to send again, and how often.

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use doorward_core::{Random, Retry, Timestamp};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Growing delays with jitter, drawn from one random number.
pub(crate) struct Delays {
    delays: ExponentialBackoff,
    jitter: f64,
}

impl Delays {
    pub(crate) fn new(random: &dyn Random) -> Self {
        let seed = random.next();
        Self {
            delays: ExponentialBuilder::new()
                .with_min_delay(Duration::from_millis(500))
                .with_factor(2.0)
                .with_max_delay(Duration::from_secs(30))
                .without_max_times()
                .with_jitter()
                .with_jitter_seed(seed)
                .build(),
            // 32 bits, so that the division is exact.
            jitter: f64::from((seed >> 32) as u32) / f64::from(u32::MAX),
        }
    }

    /// A delay of our own choice.
    pub(crate) fn next(&mut self) -> Duration {
        self.delays.next().unwrap_or(Duration::from_secs(30))
    }

    /// At least the delay that the provider asks for, and up to a tenth more (at most 5 s), so that
    /// those who were refused together do not come back together.
    pub(crate) fn at_least(&mut self, wait: Duration) -> Duration {
        let spread = (wait / 10).clamp(Duration::from_millis(100), Duration::from_secs(5));
        wait.saturating_add(spread.mul_f64(self.jitter))
    }

    /// The delay that an answer or an error asks for, else one of our own.
    pub(crate) fn after(&mut self, wait: Option<Duration>) -> Duration {
        match wait {
            Some(wait) => self.at_least(wait),
            None => self.next(),
        }
    }

    /// The delay for an error; `None` when trying again changes nothing.
    pub(crate) fn for_error(&mut self, retry: Retry) -> Option<Duration> {
        match retry {
            Retry::Never => None,
            Retry::Backoff => Some(self.next()),
            Retry::After { milliseconds } => {
                Some(self.at_least(Duration::from_millis(milliseconds)))
            }
        }
    }
}

/// How often a call may try again, in all, and until when.
pub(crate) struct Budget {
    left: Mutex<u32>,
    deadline: Instant,
}

impl Budget {
    pub(crate) fn new(repeats: u32, deadline: Instant) -> Self {
        Self { left: Mutex::new(repeats), deadline }
    }

    pub(crate) const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Takes `cost` repeats, when there are as many and the wait ends before the deadline.
    pub(crate) fn take(&self, cost: u32, wait: Duration) -> bool {
        let in_time = Instant::now().checked_add(wait).is_some_and(|end| end < self.deadline);
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match left.checked_sub(cost) {
            Some(rest) if in_time => {
                *left = rest;
                true
            }
            _ => false,
        }
    }
}

/// A failure before anything was sent costs two repeats: a wrong host name must not take half a
/// minute to be reported, yet a restart on the other side is bridged.
pub(crate) const COST_OF_NO_CONNECTION: u32 = 2;

/// Statuses after which a read is sent again (graph-facts §5.2).
pub(crate) const fn is_transient(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}

/// The delay that a `Retry-After` asks for: seconds or an HTTP date (RFC 9110 §10.2.3), and also
/// fractions of a second, which Microsoft Graph sends (graph-facts §6).
pub(crate) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return seconds(text);
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let now = SystemTime::from(now);
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    // More than u64 holds is as good as for ever.
    let whole = whole.parse().unwrap_or(u64::MAX);
    let nanoseconds = format!("{fraction:0<9}");
    let nanoseconds = nanoseconds.get(..9)?.parse().ok()?;
    Some(Duration::new(whole, nanoseconds))
}
