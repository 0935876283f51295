//! The seam below all policy: one request out, one answer back.

pub(crate) mod nowhere;
pub(crate) mod proxy;
pub(crate) mod reqwest;
pub(crate) mod service;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use std::fmt;

use crate::AddressRule;

/// An answer's body as it arrives, still compressed.
pub type BodyStream = BoxStream<'static, Result<Bytes, TransportError>>;

/// Sends one request, once. No redirects, no retries, no decompression, no credentials: all that
/// is decided above.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends the request to the authority of its absolute URI and gives the answer's head, with the
    /// body to follow. `addresses` says to which addresses the host's name may lead.
    ///
    /// # Errors
    /// [`TransportError`], whose kind says whether a byte of the request may have been sent.
    async fn send(
        &self,
        request: http::Request<Bytes>,
        addresses: AddressRule,
    ) -> Result<http::Response<BodyStream>, TransportError>;
}

/// Why no whole answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// The name leads only to addresses that the rule forbids. Nothing was sent.
    Address,
    /// The name could not be resolved. Nothing was sent.
    Name,
    /// The address refused the connection. Nothing was sent.
    Refused,
    /// No connection came about for another reason. Nothing was sent.
    Connect,
    /// The other side's certificate is not to be trusted. Nothing was sent.
    Certificate,
    /// TLS failed for another reason. Nothing was sent.
    Tls,
    /// The proxy could not be reached, or did not reach the host. Nothing was sent.
    Proxy,
    /// The proxy asks for a user name and a password, or for others. Nothing was sent.
    ProxyDenied,
    /// The connection was lost before the answer's head was complete. Something may have been
    /// sent.
    Lost,
    /// The connection was lost within the answer's body.
    Body,
    /// What answered speaks no HTTP. Something was sent.
    NotHttp,
}

impl TransportErrorKind {
    /// Whether a byte of the request may have been sent.
    pub const fn may_have_been_sent(self) -> bool {
        matches!(self, Self::Lost | Self::Body | Self::NotHttp)
    }
}

/// An error of a transport: what happened, for a person, without host, URL or secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    /// What happened.
    pub kind: TransportErrorKind,
    /// What happened, e.g. `the certificate is signed by an unknown issuer`.
    pub message: String,
}

impl TransportError {
    /// An error of this kind.
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for TransportError {}
