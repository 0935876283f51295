//! Secrets are cut out of the answers that quote them.

use http::StatusCode;
use http::header::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroize;

const REDACTED: &str = "[redacted]";

/// From this length on, a secret is also cut out of the headers of a success or a redirect. Those
/// are followed and believed, and a shorter password may be an ordinary word of a link.
const LONG: usize = 16;

/// The secrets of a request. What an answer quotes of them is replaced by `[redacted]`: as it was
/// sent, percent-encoded, or with the escapes of JSON.
#[derive(Clone)]
pub(crate) struct Redactor(Vec<SecretString>);

impl Redactor {
    /// For requests without a credential.
    pub(crate) const NONE: Self = Self(Vec::new());

    /// Cuts this out as well.
    pub(crate) fn and(mut self, secret: impl Into<SecretString>) -> Self {
        self.0.push(secret.into());
        self
    }

    /// Cuts the secrets out of an answer's headers.
    pub(crate) fn headers(&self, status: StatusCode, headers: &mut HeaderMap) {
        let failed = status.is_client_error() || status.is_server_error();
        let least = if failed { 1 } else { LONG };
        for value in headers.values_mut() {
            if let Some(cut) = self.cut(value.as_bytes(), least) {
                *value = HeaderValue::from_bytes(&cut)
                    .unwrap_or_else(|_| HeaderValue::from_static(REDACTED));
            }
        }
    }

    /// Cuts the secrets out of an answer's body. A success is data, and stays as it is.
    pub(crate) fn body(&self, status: StatusCode, mut body: Vec<u8>) -> Vec<u8> {
        if !status.is_success()
            && let Some(cut) = self.cut(&body, 1)
        {
            body.zeroize();
            return cut;
        }
        body
    }

    /// The text without the secrets of at least this length; `None` when it quotes none.
    fn cut(&self, text: &[u8], least: usize) -> Option<Vec<u8>> {
        let secrets: Vec<&str> = self
            .0
            .iter()
            .map(ExposeSecret::expose_secret)
            .filter(|secret| secret.len() >= least)
            .collect();
        if secrets.is_empty() {
            return None;
        }
        let mut kept = Vec::new();
        let mut found = false;
        let mut rest = text;
        while let Some((first, after)) = rest.split_first() {
            let quote = secrets.iter().filter_map(|secret| quoted(rest, secret)).max();
            match quote.and_then(|length| rest.get(length..)) {
                Some(after) => {
                    kept.extend_from_slice(REDACTED.as_bytes());
                    rest = after;
                    found = true;
                }
                None => {
                    kept.push(*first);
                    rest = after;
                }
            }
        }
        found.then_some(kept)
    }
}

/// How many bytes at the beginning of the text quote the secret. What is an escape in one spelling
/// stands for itself in another, so each is tried on its own.
fn quoted(text: &[u8], secret: &str) -> Option<usize> {
    [itself, percent, json].into_iter().filter_map(|spelling| spelled(text, secret, spelling)).max()
}

/// As [`quoted`], each character as it is or as this spelling has it.
fn spelled(text: &[u8], secret: &str, spelling: fn(&[u8], char) -> Option<usize>) -> Option<usize> {
    let mut length = 0;
    for char in secret.chars() {
        let rest = text.get(length..)?;
        length += spelling(rest, char).or_else(|| itself(rest, char))?;
    }
    Some(length)
}

fn itself(text: &[u8], char: char) -> Option<usize> {
    text.starts_with(char.encode_utf8(&mut [0; 4]).as_bytes()).then(|| char.len_utf8())
}

/// `%2F`, also in lower case; in forms a plus sign is a space.
fn percent(text: &[u8], char: char) -> Option<usize> {
    if char == ' ' && text.starts_with(b"+") {
        return Some(1);
    }
    let mut buffer = [0; 4];
    let bytes = char.encode_utf8(&mut buffer).as_bytes();
    let triplets = text.get(..3 * bytes.len())?.chunks_exact(3);
    let same = triplets.zip(bytes).all(|(triplet, byte)| {
        triplet.strip_prefix(b"%").and_then(hexadecimal) == Some(u32::from(*byte))
    });
    same.then_some(3 * bytes.len())
}

/// `\u002f`, `\/`, `\"` or `\\` (RFC 8259 §7).
fn json(text: &[u8], char: char) -> Option<usize> {
    let escape = text.strip_prefix(b"\\")?;
    if matches!(char, '/' | '"' | '\\') && itself(escape, char).is_some() {
        return Some(2);
    }
    let digits = escape.strip_prefix(b"u")?.get(..4)?;
    (hexadecimal(digits) == Some(u32::from(char))).then_some(6)
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_in_every_spelling() {
        // (secret, text, what is left of it)
        let table = [
            ("s3cret", "s3cret", "[redacted]"),
            ("s3cret", "as3cretb s3cret", "a[redacted]b [redacted]"),
            ("s3cret", "%733cret %73%33%63%72%65%74", "[redacted] [redacted]"),
            ("a/b c", "a%2fb%20c a%2Fb+c", "[redacted] [redacted]"),
            ("a/b\"c\\d", r#"a\/b\"c\\d"#, "[redacted]"),
            ("a+b", r"a\u002Bb a\u002bb", "[redacted] [redacted]"),
            ("ä€", "ä€ %C3%A4%e2%82%ac", "[redacted] [redacted]"),
            ("ä€", r"\u00e4\u20AC", "[redacted]"),
            ("100%25", "100%25 100%2525", "[redacted] [redacted]"),
            ("aab", "aaab", "a[redacted]"),
            ("s3cret", "s3cre", "s3cre"),
            ("s3cret", "S3CRET", "S3CRET"),
            ("s3cret", "%7", "%7"),
            ("s3cret", "\\u00", "\\u00"),
            ("s3cret", "", ""),
            ("", "text", "text"),
        ];
        for (secret, text, left) in table {
            let redactor = Redactor::NONE.and(secret.to_owned());
            let body = redactor.body(StatusCode::FORBIDDEN, text.as_bytes().to_vec());
            assert_eq!(String::from_utf8(body).unwrap(), left, "{secret}: {text}");
            let body = redactor.body(StatusCode::OK, text.as_bytes().to_vec());
            assert_eq!(String::from_utf8(body).unwrap(), text, "a success stays");
        }
    }

    #[test]
    fn the_longest_of_several_secrets_is_cut() {
        let redactor = Redactor::NONE.and("abc".to_owned()).and("abcdef".to_owned());
        let body = redactor.body(StatusCode::BAD_REQUEST, b"abcdefabc".to_vec());
        assert_eq!(body, b"[redacted][redacted]");
    }
}
