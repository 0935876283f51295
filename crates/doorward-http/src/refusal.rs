//! A provider's refusal of a credential.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use doorward_core::Attributes;
use http::header::{HeaderMap, WWW_AUTHENTICATE};
use std::collections::BTreeMap;

/// The `WWW-Authenticate` headers, joined as one list (RFC 9110 §11.6.1).
pub(crate) fn challenge(headers: &HeaderMap) -> Option<String> {
    let challenges: Vec<&str> =
        headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect();
    (!challenges.is_empty()).then(|| challenges.join(", "))
}

/// The longest claims that are passed on, in base64.
const LONGEST_CLAIMS: usize = 8192;

/// The claims that a bearer challenge asks a new token to fulfil, as JSON text: Microsoft's continuous
/// access evaluation (graph-facts §5.2). `None` when it asks for none.
pub(crate) fn wanted_claims(challenge: &str) -> Option<String> {
    let bearer = challenges(challenge).into_iter().find(|(scheme, parameters)| {
        scheme.eq_ignore_ascii_case("bearer")
            && parameters.get("error").is_some_and(|error| error == "insufficient_claims")
    });
    let (_, parameters) = bearer?;
    let claims = parameters.get("claims")?.trim_end_matches('=');
    if claims.len() > LONGEST_CLAIMS {
        return None;
    }
    let bytes = STANDARD_NO_PAD.decode(claims).or_else(|_| URL_SAFE_NO_PAD.decode(claims)).ok()?;
    let is_object = serde_json::from_slice::<Attributes>(&bytes).is_ok();
    String::from_utf8(bytes).ok().filter(|_| is_object)
}

/// Schemes with their parameters, out of a list of challenges (RFC 9110 §11.6.1). A comma ends a
/// parameter or a challenge; what has no `=` begins a challenge.
fn challenges(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut challenges: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() && after.is_empty() {
            return challenges;
        }
        match after.strip_prefix('=') {
            Some(value) => {
                let (value, after) = parameter(value);
                if let Some((_, parameters)) = challenges.last_mut() {
                    parameters.entry(word.to_ascii_lowercase()).or_insert(value);
                }
                rest = after;
            }
            None => {
                challenges.push((word.to_owned(), BTreeMap::new()));
                rest = after;
            }
        }
    }
}

/// A token or a quoted string, and what follows it.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            _ => value.push(letter),
        }
    }
    (value, "")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_found_among_challenges() {
        // {"access_token":{"nbf":{"essential":true,"value":"1726258122"}}}
        let claims = "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNzI2MjU4MTIyIn19fQ==";
        let wanted = Some(r#"{"access_token":{"nbf":{"essential":true,"value":"1726258122"}}}"#);
        let table = [
            (format!(r#"Bearer realm="", error="insufficient_claims", claims="{claims}""#), wanted),
            (format!(r#"bearer error=insufficient_claims,claims="{claims}""#), wanted),
            (
                format!(
                    r#"PoP realm="", claims="e30=", Bearer realm="a, \"b", authorization_uri="https://x/y?z=1", error="insufficient_claims", claims="{claims}""#
                ),
                wanted,
            ),
            (
                format!(r#"PoP error="insufficient_claims", claims="{claims}", Bearer realm="""#),
                None,
            ),
            (format!(r#"Bearer realm="", claims="{claims}""#), None),
            (r#"Bearer error="insufficient_claims""#.to_owned(), None),
            (r#"Bearer error="insufficient_claims", claims="%%%""#.to_owned(), None),
            // No object: "x"
            (r#"Bearer error="insufficient_claims", claims="Ingi""#.to_owned(), None),
            (r#"Bearer error="insufficient_claims", claims=""#.to_owned(), None),
            ("Negotiate".to_owned(), None),
            ("=,=\"".to_owned(), None),
            (String::new(), None),
        ];
        for (challenge, expected) in table {
            assert_eq!(wanted_claims(&challenge).as_deref(), expected, "{challenge}");
        }
    }
}
