//! A tenant and a host in one process under paused time, without sockets.

use doorward_host::{ChangeRequest, Host, Opened, Selector, SelectorRole, SqliteStore, Verb};
use doorward_http::{ServiceTransport, Transport, TransportError, TransportErrorKind};
use entra_sim::{Settings, SimulatedFault, Simulator, Size, Tenant, cast};
use serde_json::{Value, json};
use std::cell::Cell;
use std::sync::Arc;
use tempfile::TempDir;

use crate::crash::{Crash, CrashingStore, CrashingTransport};
use crate::parts::{self, VirtualClock};
pub use crate::plugins::entra_id;
use doorward_core::Clock;

/// The connection of the cast's app registration.
pub fn connection() -> Value {
    json!({"client_id": cast::CLIENT_ID, "secret": cast::SECRET, "tenant": cast::TENANT_ID})
}

/// A simulated tenant, and processes that come and go on one data directory.
pub struct World {
    /// The tenant and its services.
    pub simulator: Simulator,
    /// The time of both.
    pub clock: VirtualClock,
    seed: u64,
    directory: TempDir,
    starts: Cell<u64>,
}

impl World {
    /// A world with a small tenant and one integration in which every group may be changed.
    pub fn new(seed: u64, settings: Settings) -> Self {
        Self::with_size(Size { users: 30, groups: 20, seed, ..Size::default() }, settings)
    }

    /// A world with a tenant of this size.
    pub fn with_size(size: Size, settings: Settings) -> Self {
        let clock = VirtualClock::starting_at(cast::EPOCH);
        let seed = size.seed;
        let simulator =
            Simulator::new(Tenant::generate(&size), settings, Arc::new(move || clock.now()));
        let directory = directory_in_memory();
        let world = Self { simulator, clock, seed, directory, starts: Cell::new(0) };
        let host = world.start(&Arc::default());
        parts::add(&host, "contoso", "entra-id", &connection()).unwrap();
        let opened = host.open(&host.select(None).unwrap()).unwrap();
        opened
            .change_policy(|policy| {
                policy.kinds.insert("group".to_owned());
                let beside = ["guest", "group", "service-principal", "device", "contact"];
                policy.principals.extend(beside.map(str::to_owned));
            })
            .unwrap();
        world
    }

    /// The way to the simulator, within the process.
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(ServiceTransport::new(self.simulator.clone(), network_error))
    }

    /// Starts a process that may die.
    pub fn start(&self, crash: &Arc<Crash>) -> Host {
        self.starts.set(self.starts.get() + 1);
        let transport = CrashingTransport { inner: self.transport(), crash: Arc::clone(crash) };
        let store = CrashingStore {
            inner: Arc::new(SqliteStore::open(self.directory.path()).unwrap()),
            crash: Arc::clone(crash),
        };
        let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(self.starts.get());
        parts::host_on([entra_id()], Arc::new(transport), self.clock, seed, Arc::new(store))
    }

    /// Starts a process that lives, and opens the integration in it.
    pub fn open(&self) -> Opened {
        let host = self.start(&Arc::default());
        host.open(&host.select(None).unwrap()).unwrap()
    }
}

/// A directory in memory where there is one: the store waits for the disk at every commit, and a
/// simulation commits thousands of times.
fn directory_in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// What the simulator's failures are to a transport.
pub fn network_error(fault: SimulatedFault) -> TransportError {
    let kind = match fault {
        SimulatedFault::ConnectionReset { .. } => TransportErrorKind::Lost,
        SimulatedFault::TruncatedBody { .. } => TransportErrorKind::Lost,
        SimulatedFault::TlsFailure => TransportErrorKind::Tls,
        SimulatedFault::NoSuchHost(_) => TransportErrorKind::Name,
    };
    TransportError { kind, message: fault.to_string() }
}

/// A change as the command line asks for it.
pub fn request(verb: Verb, who: &str, on: &str, right: &str) -> ChangeRequest {
    let descriptor = entra_id().descriptor();
    ChangeRequest {
        verb,
        principal: Selector::parse(who, SelectorRole::Principal, descriptor).unwrap(),
        resource: Selector::parse(on, SelectorRole::Resource, descriptor).unwrap(),
        right: Some(right.to_owned()),
        reason: None,
        ticket: None,
        kind: doorward_core::GrantKind::Active,
        until: None,
        permanent: false,
        allow_tier0: false,
    }
}
