//! Secrets are cut out of the answers that quote them.

use doorward_core::Error;
use http::StatusCode;
use http::header::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
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

    /// Cuts the secrets out of an error, wherever its text comes from: a parser quotes what it
    /// cannot read, and a success is given to it as it came.
    pub(crate) fn error(&self, error: Error) -> Error {
        let Ok(mut value) = serde_json::to_value(&error) else { return error };
        // Each text by itself: what it quotes with escapes has two of them in the whole.
        self.texts(&mut value);
        let text = value.to_string();
        let cut = self.cut(text.as_bytes(), 1).unwrap_or_else(|| text.into_bytes());
        serde_json::from_slice(&cut).unwrap_or_else(|_| {
            Error::new(error.kind, "redacted", "The text of this error quoted a secret.")
                .retry(error.retry)
        })
    }

    /// A text without the secrets; `None` when it quotes none.
    pub(crate) fn text(&self, text: &str) -> Option<String> {
        let cut = self.cut(text.as_bytes(), 1)?;
        Some(String::from_utf8_lossy(&cut).into_owned())
    }

    fn texts(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(cut) = self.text(text) {
                    *text = cut;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.texts(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.texts(field)),
            _ => {}
        }
    }

    /// These secrets as well.
    pub(crate) fn join(&mut self, other: &Self) {
        for secret in &other.0 {
            let known = |kept: &SecretString| kept.expose_secret() == secret.expose_secret();
            if !self.0.iter().any(known) {
                self.0.push(secret.clone());
            }
        }
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
        // Nearly every byte of an answer begins no quote.
        let begins = |byte: u8| {
            matches!(byte, b'%' | b'\\' | b'&' | b'+')
                || secrets.iter().any(|secret| secret.as_bytes().first() == Some(&byte))
        };
        let mut kept = Vec::new();
        let mut found = false;
        let mut rest = text;
        while let Some((first, after)) = rest.split_first() {
            let quote = begins(*first)
                .then(|| secrets.iter().filter_map(|secret| quoted(rest, secret)).max())
                .flatten();
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
    [itself, percent, json, html]
        .into_iter()
        .filter_map(|spelling| spelled(text, secret, spelling))
        .max()
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

/// `\u002f`, `\/`, `\"`, `\\`, `\n` and its like, and surrogate pairs (RFC 8259 §7).
fn json(text: &[u8], char: char) -> Option<usize> {
    let escape = text.strip_prefix(b"\\")?;
    let short = match char {
        '/' | '"' | '\\' => Some(char),
        '\u{8}' => Some('b'),
        '\t' => Some('t'),
        '\n' => Some('n'),
        '\u{c}' => Some('f'),
        '\r' => Some('r'),
        _ => None,
    };
    if short.is_some_and(|short| itself(escape, short).is_some()) {
        return Some(2);
    }
    let mut units = [0; 2];
    let mut length = 0;
    for unit in char.encode_utf16(&mut units) {
        let digits = text.get(length..)?.strip_prefix(b"\\u")?.get(..4)?;
        (hexadecimal(digits) == Some(u32::from(*unit))).then_some(())?;
        length += 6;
    }
    Some(length)
}

/// `&amp;` and its like, `&#38;`, `&#x26;`: a gateway's page.
fn html(text: &[u8], char: char) -> Option<usize> {
    let end = text.iter().take(10).position(|byte| *byte == b';')?;
    let name = text.get(..end)?.strip_prefix(b"&")?;
    let named = match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        _ => None,
    };
    let number = || {
        let number = name.strip_prefix(b"#")?;
        match number.strip_prefix(b"x").or_else(|| number.strip_prefix(b"X")) {
            Some(digits) => hexadecimal(digits),
            None => std::str::from_utf8(number).ok()?.parse().ok(),
        }
    };
    (named.or_else(|| char::from_u32(number()?)) == Some(char)).then_some(end + 1)
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::ErrorKind;

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
            ("p😀w", r"p\ud83d\ude00w", "[redacted]"),
            ("a\tb\n", r"a\tb\n", "[redacted]"),
            ("a&b<c'", "a&amp;b&lt;c&#39; a&#x26;b&#60;c&apos;", "[redacted] [redacted]"),
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
    fn an_error_does_not_quote_a_secret() {
        let error = Error::new(ErrorKind::Unavailable, "r", "It said \"Bearer s3cret\".")
            .cause("invalid type: string \"s3cret\"")
            .attribute("echo", "s3cret");
        let shown = format!("{:?}", Redactor::NONE.and("s3cret".to_owned()).error(error));
        assert!(!shown.contains("s3cret") && shown.contains("Bearer [redacted]"), "{shown}");
        let error = Error::new(ErrorKind::Unavailable, "r", "m");
        let cut = Redactor::NONE.and("kind".to_owned()).error(error);
        assert_eq!((cut.kind, cut.reason.as_str()), (ErrorKind::Unavailable, "redacted"));
    }

    #[test]
    fn the_longest_of_several_secrets_is_cut() {
        let redactor = Redactor::NONE.and("abc".to_owned()).and("abcdef".to_owned());
        let body = redactor.body(StatusCode::BAD_REQUEST, b"abcdefabc".to_vec());
        assert_eq!(body, b"[redacted][redacted]");
    }
}
