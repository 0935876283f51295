//! Building responses; the headers of facts §1.2 and §7.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;

/// Content type of Graph's JSON (facts §7).
pub(crate) const GRAPH_JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
/// Content type of the token endpoint (facts §1.2).
pub(crate) const TOKEN_JSON: &str = "application/json; charset=utf-8";

/// A response with a body.
pub(crate) fn respond(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = empty(status);
    *response.body_mut() = body.into();
    put(&mut response, "content-type", content_type);
    response
}

/// A response without a body or content type.
pub(crate) fn empty(status: u16) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// A JSON response of Graph.
pub(crate) fn json(status: u16, content_type: &str, body: &Value) -> Response<Bytes> {
    respond(status, content_type, body.to_string())
}

/// Sets a header; a value that HTTP cannot carry is left out.
pub(crate) fn put(response: &mut Response<Bytes>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

/// `Date`, from the caller's clock.
pub(crate) fn http_date(now: Timestamp) -> String {
    now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A header of a request as text.
pub(crate) fn header_of<'a>(headers: &'a http::HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Compresses the body for clients that accept it (facts §7).
pub(crate) fn compress(response: &mut Response<Bytes>) {
    use std::io::Write as _;
    if response.body().is_empty() || response.headers().contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    if encoder.write_all(response.body()).is_ok()
        && let Ok(compressed) = encoder.finish()
    {
        *response.body_mut() = compressed.into();
        put(response, "content-encoding", "gzip");
    }
}

/// Zeros that inflate to `inflated` bytes; the encoder sees one block at a time.
pub(crate) fn gzip_zeros(inflated: u64) -> Vec<u8> {
    use std::io::{Read as _, copy, repeat};
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let copied = copy(&mut repeat(b'0').take(inflated), &mut encoder);
    debug_assert!(copied.is_ok(), "writing into a vector cannot fail");
    encoder.finish().unwrap_or_default()
}
