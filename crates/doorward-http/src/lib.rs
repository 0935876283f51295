//! Doorward's one HTTP stack: all policy above a [`Transport`] seam.
//!
//! A [`Session`] is one opened integration: its approved reach, its secrets and its tokens. A
//! [`Call`] is one call of a connector: it gives the connector its `Context`, holds every request
//! to the approved reach, attaches credentials, retries what may be repeated within one budget,
//! and drops the connector's future when the call ends early ([`CallEnd`]).
//!
//! The transport below only dials and moves bytes: [`ReqwestTransport`] over sockets,
//! [`ServiceTransport`] within the process. Time is tokio's, dates are the [`Clock`]'s, so that the
//! whole stack runs under paused time and without an I/O driver.
//!
//! [`Clock`]: doorward_core::Clock

#![allow(
    clippy::result_large_err,
    reason = "`doorward_core::Error` is the contract's one error type; errors are rare, and its size is decided there"
)]

mod address;
mod body;
mod call;
mod client;
mod client_key;
mod effect;
mod ending;
mod errors;
mod exchange;
mod origin;
mod prepare;
mod redact;
mod refusal;
mod retry;
mod secrets;
mod session;
mod token;
mod transport;
mod wire;
mod writes;

pub use address::{AddressRule, address_class};
pub use call::{BeforeWrite, Call, CallOptions, Mode};
pub use ending::{CallEnd, PlannedRequest};
pub use secrets::Secrets;
pub use session::{Limits, Session, SessionOptions};
pub use transport::nowhere::NoTransport;
pub use transport::proxy::{Proxies, ProxyUrl};
pub use transport::reqwest::{ReqwestTransport, TransportOptions};
pub use transport::service::ServiceTransport;
pub use transport::{BodyStream, Transport, TransportError, TransportErrorKind};
pub use writes::WriteRecord;
