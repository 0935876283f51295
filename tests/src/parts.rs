//! The parts of a host in a simulation: everything from outside comes from the seed and from
//! tokio's paused clock.

use doorward_core::validation::{Document, Validator};
use doorward_core::{
    Clock, Error, ErrorKind, Factory, Level, Log, Random, Registry, Result, Timestamp,
};
use doorward_host::{
    Environment, Host, Integration, Proposal, SecretSources, SourceResolver, SqliteStore, Store,
    Vault,
};
use doorward_http::Transport;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::time::Instant;

/// A clock that begins at a fixed moment and follows tokio's.
#[derive(Clone, Copy)]
pub struct VirtualClock {
    beginning: Timestamp,
    started: Instant,
}

impl VirtualClock {
    /// Begins now, at this moment.
    pub fn starting_at(beginning: &str) -> Self {
        Self { beginning: beginning.parse().unwrap(), started: Instant::now() }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.beginning + SignedDuration::try_from(self.started.elapsed()).unwrap()
    }
}

/// Randomness that follows from a seed: the n-th draw is a hash of seed and n.
pub struct SeededRandom {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRandom {
    /// The randomness of this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }

    /// A draw below `bound`.
    pub fn below(&self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// One of these.
    pub fn pick<'a, T>(&self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

impl Random for SeededRandom {
    fn next(&self) -> u64 {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        // SplitMix64 (Steele, Lea, Flood 2014).
        let mut mixed = self.seed.wrapping_add(drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// A log that keeps its lines.
#[derive(Clone, Default)]
pub struct KeptLog(Arc<Mutex<Vec<String>>>);

impl KeptLog {
    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Log for KeptLog {
    fn log(&self, level: Level, message: &str) {
        self.0.lock().unwrap().push(format!("{level:?} {message}"));
    }
}

/// Refuses every source: the tests store their secrets.
struct NoSources;

impl SourceResolver for NoSources {
    fn resolve(&self, _: &Value) -> Result<SecretString> {
        Err(Error::new(ErrorKind::InvalidConnection, "no-sources", "There are no sources here."))
    }
}

/// A key for stored secrets, the same in every test.
pub const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A host of these connectors with its store in this directory. Calling it again on the same
/// directory is a restart.
pub fn host(
    factories: impl IntoIterator<Item = &'static dyn Factory>,
    transport: Arc<dyn Transport>,
    clock: VirtualClock,
    seed: u64,
    directory: &Path,
) -> Host {
    host_on(factories, transport, clock, seed, Arc::new(SqliteStore::open(directory).unwrap()))
}

/// A host of these connectors with this store.
pub fn host_on(
    factories: impl IntoIterator<Item = &'static dyn Factory>,
    transport: Arc<dyn Transport>,
    clock: VirtualClock,
    seed: u64,
    store: Arc<dyn Store>,
) -> Host {
    let environment = Environment {
        transport,
        clock: Arc::new(clock),
        random: Arc::new(SeededRandom::new(seed)),
        log: Arc::new(KeptLog::default()),
        actor: "tester".to_owned(),
        observer: Arc::new(()),
    };
    let registry = Registry::new(factories).unwrap();
    Host::new(registry, store, Vault::from_text(KEY).unwrap(), environment, Arc::new(NoSources))
}

/// Validates this connection and proposes it.
pub fn propose(host: &Host, connector: &str, connection: &Value) -> Result<Proposal> {
    let schema = &host.factory(connector)?.descriptor().connection_schema;
    let validator = Validator::new(schema)?;
    let document = Document::parse(connection.to_string().as_bytes()).unwrap();
    let valid = validator.validate(&document).unwrap_or_else(|findings| panic!("{findings:?}"));
    host.propose(connector, valid, SecretSources::new())
}

/// Validates this connection and adds it as an integration.
pub fn add(host: &Host, name: &str, connector: &str, connection: &Value) -> Result<Integration> {
    host.add(name, &propose(host, connector, connection)?)
}
