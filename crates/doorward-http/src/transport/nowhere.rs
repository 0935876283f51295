//! The transport of a program that may not send anything.

use async_trait::async_trait;
use bytes::Bytes;

use super::{BodyStream, Transport, TransportError};
use crate::AddressRule;

/// Sends nothing, and says why.
#[derive(Clone, Debug)]
pub struct NoTransport(pub TransportError);

#[async_trait]
impl Transport for NoTransport {
    async fn send(
        &self,
        _: http::Request<Bytes>,
        _: AddressRule,
    ) -> Result<http::Response<BodyStream>, TransportError> {
        Err(self.0.clone())
    }
}
