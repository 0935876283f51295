//! The form of a token request, and client authentication by HTTP Basic (facts §1.1).

use base64::Engine as _;
use bytes::Bytes;

use super::error::TokenError;
use crate::answer::header_of;

/// Decoded fields, first value wins.
pub(super) struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    pub(super) fn read(request: &http::Request<Bytes>) -> Self {
        let mut fields: Vec<(String, String)> =
            url::form_urlencoded::parse(request.body()).into_owned().collect();
        if let Some((client, secret)) = basic(request.headers()) {
            fields.push(("client_id".to_owned(), client));
            fields.push(("client_secret".to_owned(), secret));
        }
        Self { fields }
    }

    /// A field that is present and not empty.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.fields
            .iter()
            .find(|(field, value)| field == name && !value.is_empty())
            .map(|(_, value)| value.clone())
    }

    pub(super) fn required(&self, name: &str) -> Result<String, TokenError> {
        self.get(name).ok_or_else(|| TokenError::missing_parameter(name))
    }
}

/// Both halves of Basic credentials are form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic(headers: &http::HeaderMap) -> Option<(String, String)> {
    let encoded = header_of(headers, "authorization")?.strip_prefix("Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (client, secret) = text.split_once(':')?;
    Some((form_decoded(client), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("v={text}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
