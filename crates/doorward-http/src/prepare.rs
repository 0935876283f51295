//! From a connector's request to one that can be sent: everything but the credential.

use bytes::Bytes;
use doorward_core::{Effect, Error, HttpRequest, Method, Random, Result};
use http::header::{self, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;

use crate::effect::is_method_override;
use crate::session::{Credential, EndpointState};
use crate::{PlannedRequest, errors};

/// What we call ourselves (RFC 9110 §10.1.5).
pub(crate) const USER_AGENT: &str = concat!("Doorward/", env!("CARGO_PKG_VERSION"));

/// A request that only lacks its credential and its id.
pub(crate) struct Prepared {
    pub(crate) endpoint: Arc<EndpointState>,
    pub(crate) method: Method,
    pub(crate) effect: Effect,
    pub(crate) url: String,
    pub(crate) template: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The body as the connector gave it.
    pub(crate) shown: Option<Value>,
    pub(crate) digest: String,
}

impl Prepared {
    pub(crate) fn new(
        endpoint: Arc<EndpointState>,
        effect: Effect,
        request: HttpRequest,
    ) -> Result<Self> {
        let url = endpoint.origin.join(request.path.as_str())?;
        let headers = headers(&request, &endpoint)?;
        let body = match &request.body {
            Some(body) => encode(body)?,
            None => Vec::new(),
        };
        let digest = digest(request.method, &url, &body);
        Ok(Self {
            template: request.path.template().to_owned(),
            endpoint,
            method: request.method,
            effect,
            url,
            headers,
            body: Bytes::from(body),
            shown: request.body,
            digest,
        })
    }

    /// The request as a plan shows it.
    pub(crate) fn planned(&self) -> PlannedRequest {
        PlannedRequest {
            endpoint: self.endpoint.name.clone(),
            method: self.method,
            url: self.url.clone(),
            template: self.template.clone(),
            body: self.shown.clone(),
            digest: self.digest.clone(),
        }
    }
}

fn encode(body: &Value) -> Result<Vec<u8>> {
    serde_json::to_vec(body)
        .map_err(|error| Error::internal("A JSON body could not be written.").cause(error))
}

fn digest(method: Method, url: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{} {url}\n", method.name()));
    hash.update(body);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn headers(request: &HttpRequest, endpoint: &EndpointState) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let refuse = |why: &str| errors::violation("header", format!("The header `{name}` {why}."));
        let Ok(key) = name.parse::<HeaderName>() else {
            return Err(refuse("has a name that cannot be sent"));
        };
        let is_credential = matches!(
            &endpoint.credential,
            Credential::Fixed { name, .. } if *name == key
        );
        if is_reserved(&key) || is_credential {
            return Err(refuse("belongs to the host; a connector must not set it"));
        }
        let Ok(value) = HeaderValue::from_str(value) else {
            return Err(refuse("has a value that cannot be sent"));
        };
        if key == CONTENT_TYPE && !is_json(value.as_bytes()) {
            return Err(refuse("must name a JSON type"));
        }
        headers.append(key, value);
    }
    if request.body.is_some() && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    Ok(headers)
}

/// `application/json` or a type with the suffix `+json` (RFC 6839 §3.1).
fn is_json(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    let kind = text.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || kind.ends_with("+json")
}

/// Headers that are the host's: credentials, framing, routing, and those by which a server would
/// take another method than the one that policy has seen.
pub(crate) fn is_reserved(name: &HeaderName) -> bool {
    const RESERVED: [HeaderName; 16] = [
        header::AUTHORIZATION,
        header::HOST,
        header::USER_AGENT,
        header::ACCEPT_ENCODING,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::UPGRADE,
        header::TE,
        header::TRAILER,
        header::EXPECT,
        header::COOKIE,
        header::FORWARDED,
        header::VIA,
        header::PROXY_AUTHORIZATION,
    ];
    RESERVED.contains(name)
        || is_method_override(name.as_str())
        || matches!(name.as_str(), "client-request-id" | "keep-alive" | "proxy-connection")
        || name.as_str().starts_with("x-forwarded-")
}

/// A fresh random UUID (RFC 9562 §5.4).
pub(crate) fn uuid(random: &dyn Random) -> String {
    let (high, low) = (random.next(), random.next());
    let bits = u128::from(high) << 64 | u128::from(low);
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
}
