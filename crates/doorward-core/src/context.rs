//! All that a connector can reach.

use jiff::Timestamp;
use std::sync::Arc;

use crate::Http;

/// The time.
pub trait Clock: Send + Sync {
    /// Now, by the host's clock (a simulation's clock in a simulation).
    fn now(&self) -> Timestamp;
}

/// Randomness, for ids and jitter. In a simulation it follows from the seed.
pub trait Random: Send + Sync {
    /// The next 64 random bits.
    fn next(&self) -> u64;
}

/// How loud a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For somebody who debugs the connector.
    Debug,
    /// Worth knowing.
    Info,
    /// Somebody should look.
    Warn,
}

/// The log.
pub trait Log: Send + Sync {
    /// Writes one line. Never put a body or a token into it. A line of more than 8 KiB is cut short;
    /// a call that writes more than 1 MiB is ended, as a `ContractViolation`.
    fn log(&self, level: Level, message: &str);
}

/// All that a connector can reach: HTTP, clock, random and log. Cheap to clone; owns what it holds.
#[derive(Clone)]
pub struct Context {
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    log: Arc<dyn Log>,
}

impl Context {
    /// Puts a context together. Hosts do this, connectors do not.
    pub fn new(
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        log: Arc<dyn Log>,
    ) -> Self {
        Self { http, clock, random, log }
    }

    /// HTTP to the endpoints of the approved reach.
    pub fn http(&self) -> &dyn Http {
        self.http.as_ref()
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// 64 random bits.
    pub fn random(&self) -> u64 {
        self.random.next()
    }

    /// Writes one log line.
    pub fn log(&self, level: Level, message: &str) {
        self.log.log(level, message);
    }
}
