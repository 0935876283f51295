//! A fake connector with the service that it talks to: everything that a host and a connector must
//! agree on, without any provider's ways.

mod connector;
mod service;

pub use connector::KEYRING;
pub use service::{Fault, KeyringService, Lost};

use doorward_core::{Connector, Factory};
use doorward_http::{Limits, Session, SessionOptions, Transport};
use secrecy::SecretString;
use std::sync::Arc;

use crate::parts::{KeptLog, SeededRandom, VirtualClock};

/// A session and a connector below the host, for what the host does not do yet.
pub fn open(transport: Arc<dyn Transport>, clock: VirtualClock) -> (Session, Arc<dyn Connector>) {
    let values =
        serde_json::json!({"origin": "https://keyring.example", "token": {"pointer": "/token"}});
    let connection = serde_json::from_value(values).unwrap();
    let connector = KEYRING.open(connection).unwrap();
    let session = Session::new(SessionOptions {
        transport,
        reach: connector.reach(),
        secrets: [("/token", SecretString::from("right-token"))].into_iter().collect(),
        clock: Arc::new(clock),
        random: Arc::new(SeededRandom::new(1)),
        log: Arc::new(KeptLog::default()),
        limits: Limits::default(),
    })
    .unwrap();
    (session, connector)
}
