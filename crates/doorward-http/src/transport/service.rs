//! A transport within the process: no sockets and no I/O driver.

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use std::sync::{Mutex, PoisonError};
use tower::{Service, ServiceExt};

use super::{BodyStream, Transport, TransportError};
use crate::AddressRule;

/// A tower service as a transport, for simulations and tests. Address rules mean nothing to it.
pub struct ServiceTransport<S, M> {
    // A mutex, so that the service need not be `Sync`; held only while it is cloned.
    service: Mutex<S>,
    map_error: M,
}

impl<S, M> ServiceTransport<S, M>
where
    S: Service<http::Request<Bytes>, Response = http::Response<Bytes>> + Clone + Send + 'static,
    S::Future: Send,
    M: Fn(S::Error) -> TransportError + Send + Sync,
{
    /// The service, with a function that says what its errors mean to a transport.
    pub fn new(service: S, map_error: M) -> Self {
        Self { service: Mutex::new(service), map_error }
    }
}

#[async_trait]
impl<S, M> Transport for ServiceTransport<S, M>
where
    S: Service<http::Request<Bytes>, Response = http::Response<Bytes>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    M: Fn(S::Error) -> TransportError + Send + Sync,
{
    async fn send(
        &self,
        request: http::Request<Bytes>,
        _addresses: AddressRule,
    ) -> Result<http::Response<BodyStream>, TransportError> {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let response = service.oneshot(request).await.map_err(&self.map_error)?;
        Ok(response.map(|body| stream::once(async move { Ok(body) }).boxed()))
    }
}
