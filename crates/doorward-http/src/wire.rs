//! What goes over the transport and what comes back, with its span.

use bytes::Bytes;
use doorward_core::HttpResponse;
use http::header::{HeaderMap, HeaderName};
use tokio::time::Instant;
use tracing::{Span, field};

use crate::call::millis;
use crate::session::Shared;
use crate::{AddressRule, BodyStream, TransportError, TransportErrorKind};

/// An answer, whole and inflated.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// The answer's head. When nothing comes for too long, the connection counts as lost.
pub(crate) async fn head(
    session: &Shared,
    request: http::Request<Bytes>,
    addresses: AddressRule,
) -> Result<http::Response<BodyStream>, TransportError> {
    let began = Instant::now();
    let silence = session.limits.silence;
    let sent = session.transport.send(request, addresses);
    let result = match tokio::time::timeout(silence, sent).await {
        Ok(result) => result,
        Err(_) => Err(TransportError::new(
            TransportErrorKind::Lost,
            format!("no answer came for {} seconds", silence.as_secs_f64()),
        )),
    };
    let span = Span::current();
    span.record("duration_ms", millis(began.elapsed()));
    match &result {
        Ok(response) => {
            span.record("status", response.status().as_u16());
            tracing::debug!(target: "doorward_http", "answered");
        }
        Err(error) => tracing::debug!(target: "doorward_http", error = %error, "no answer"),
    }
    result
}

/// The span of one attempt: never a query, a body or a credential.
pub(crate) fn attempt_span(method: &str, host: &str, template: &str, attempt: u64) -> Span {
    tracing::debug_span!(
        target: "doorward_http",
        "request",
        method,
        host,
        template,
        attempt,
        status = field::Empty,
        duration_ms = field::Empty,
    )
}

/// The provider's request id, under the names that are in use.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    const NAMES: [&str; 4] =
        ["request-id", "x-ms-request-id", "x-request-id", "x-github-request-id"];
    NAMES.iter().find_map(|name| headers.get(*name)?.to_str().ok()).map(str::to_owned)
}

/// The answer as the connector sees it; headers that speak of the compressed body are left out.
pub(crate) fn response(answer: Answer) -> HttpResponse {
    const DROPPED: [HeaderName; 3] = [
        http::header::CONTENT_ENCODING,
        http::header::CONTENT_LENGTH,
        http::header::TRANSFER_ENCODING,
    ];
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !DROPPED.contains(name))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    HttpResponse { status: answer.status, headers, body: answer.body }
}
