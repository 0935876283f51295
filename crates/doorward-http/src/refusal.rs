//! A provider's refusal of a credential, without the credential.

use doorward_core::Attributes;
use http::header::{HeaderMap, WWW_AUTHENTICATE};
use serde_json::Value;

/// The `WWW-Authenticate` headers, joined as one list (RFC 9110 §11.6.1), without the secret.
pub(crate) fn challenge(headers: &HeaderMap, secret: &str) -> Option<String> {
    let challenges: Vec<&str> =
        headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect();
    (!challenges.is_empty()).then(|| cut(&challenges.join(", "), secret))
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

/// Replaces the secret wherever a provider's answer quotes it.
pub(crate) fn redact(body: Attributes, secret: &str) -> Attributes {
    body.into_iter()
        .map(|(name, value)| (cut(&name, secret), redact_value(value, secret)))
        .collect()
}

fn redact_value(value: Value, secret: &str) -> Value {
    match value {
        Value::String(text) => Value::String(cut(&text, secret)),
        Value::Array(values) => {
            values.into_iter().map(|value| redact_value(value, secret)).collect()
        }
        Value::Object(map) => Value::Object(redact(map, secret)),
        other => other,
    }
}

fn cut(text: &str, secret: &str) -> String {
    if secret.is_empty() { text.to_owned() } else { text.replace(secret, "[redacted]") }
}
