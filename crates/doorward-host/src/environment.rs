//! What the host itself gets from outside: transport, clock, random, log.

use aws_lc_rs::rand::{SecureRandom, SystemRandom as Entropy};
use doorward_core::{Clock, Level, Log, Random, Timestamp};
use doorward_http::Transport;
use std::sync::Arc;

/// Everything that the host and its connectors get from outside. A simulation gives its own.
#[derive(Clone)]
pub struct Environment {
    /// How requests travel.
    pub transport: Arc<dyn Transport>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids and jitter; keys are not made from it.
    pub random: Arc<dyn Random>,
    /// Where connectors log.
    pub log: Arc<dyn Log>,
    /// Who asks, for the journal: the operating system's user.
    pub actor: String,
    /// Who waits for the host, and what it tells them meanwhile.
    pub observer: Arc<dyn Observer>,
}

/// Who waits for the host. `()` is nobody.
pub trait Observer: Send + Sync {
    /// Something takes long, and why: one sentence.
    fn note(&self, text: &str) {
        let _ = text;
    }
    /// A change was written into the journal, under this id, right before its write leaves.
    fn journaled(&self, id: &str) {
        let _ = id;
    }
}

impl Observer for () {}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where real time enters")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn next(&self) -> u64 {
        let mut bytes = [0; 8];
        // Only ids and jitter come from here, and ids hold the time, too; keys are made elsewhere,
        // and fail without entropy.
        let _ = Entropy::new().fill(&mut bytes);
        u64::from_ne_bytes(bytes)
    }
}

/// Connectors' lines in the program's own log.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingLog;

impl Log for TracingLog {
    fn log(&self, level: Level, message: &str) {
        match level {
            Level::Debug => tracing::debug!(target: "doorward_connector", "{message}"),
            Level::Info => tracing::info!(target: "doorward_connector", "{message}"),
            Level::Warn => tracing::warn!(target: "doorward_connector", "{message}"),
        }
    }
}
