//! A provider's refusal of a credential.

use doorward_core::Attributes;
use http::header::{HeaderMap, WWW_AUTHENTICATE};

/// The `WWW-Authenticate` headers, joined as one list (RFC 9110 §11.6.1).
pub(crate) fn challenge(headers: &HeaderMap) -> Option<String> {
    let challenges: Vec<&str> =
        headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect();
    (!challenges.is_empty()).then(|| challenges.join(", "))
}

/// The JSON object of an error answer; empty when there is none.
pub(crate) fn object(bytes: &[u8]) -> Attributes {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// An OAuth error answer (RFC 6749 §5.2) without anything that a success would carry.
pub(crate) fn oauth_error(bytes: &[u8]) -> Attributes {
    let mut body = object(bytes);
    body.retain(|name, _| !name.to_ascii_lowercase().ends_with("_token"));
    body
}
