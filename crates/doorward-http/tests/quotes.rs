//! What an answer quotes of the credential that was sent to it: it never gets further.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use doorward_core::{AuthFailure, Context, HttpResponse, Level, Log, Scheme, SecretPlacement};
use doorward_http::{CallEnd, Session};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use support::*;

/// The token that the first call of a session gets.
const FIRST: &str = "canary-token-0";

fn header() -> Scheme {
    Scheme::Header { header: "x-key".to_owned(), prefix: "Key ".to_owned(), secret: reference() }
}

fn basic() -> Scheme {
    Scheme::Basic { username: "user".to_owned(), secret: reference() }
}

/// Every scheme with what its requests carry, as it may be quoted.
fn schemes() -> Vec<(Scheme, Vec<String>)> {
    let pair = STANDARD.encode(format!("user:{SECRET}"));
    let client = STANDARD.encode("client+id:canary%7ES3cret%2Ba%26b+%25c");
    vec![
        (oauth(SecretPlacement::Body), vec![FIRST.to_owned(), SECRET.to_owned()]),
        (oauth(SecretPlacement::Basic), vec![FIRST.to_owned(), SECRET.to_owned(), client]),
        (header(), vec![SECRET.to_owned()]),
        (basic(), vec![SECRET.to_owned(), pair]),
    ]
}

/// The ways in which an honest server spells what it quotes.
fn spellings(text: &str) -> Vec<String> {
    let percent = |lower: bool, keep: &dyn Fn(u8) -> bool| -> String {
        let encode = |byte: u8| match byte {
            byte if keep(byte) => char::from(byte).to_string(),
            byte if lower => format!("%{byte:02x}"),
            byte => format!("%{byte:02X}"),
        };
        text.bytes().map(encode).collect()
    };
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let escape = |char: char| match char {
        '+' | '&' | '~' => format!("\\u{:04X}", u32::from(char)),
        char => char.to_string(),
    };
    vec![
        text.to_owned(),
        percent(false, &unreserved),
        percent(true, &unreserved),
        percent(false, &|_| false),
        form,
        text.chars().map(escape).collect(),
    ]
}

fn open(provider: &Provider, scheme: Scheme) -> Session {
    let mut options = options(provider.transport(), endpoint(scheme));
    options.limits.repeats = 0;
    Session::new(options).unwrap()
}

/// All that a connector sees of an answer.
fn shown(response: &HttpResponse) -> String {
    format!("{:?} {}", response.headers, String::from_utf8_lossy(&response.body))
}

fn clean(shown: &str, quotes: &[String]) {
    assert!(shown.contains("[redacted]"), "{shown}");
    for spelling in quotes.iter().flat_map(|quote| spellings(quote)) {
        assert!(!shown.contains(&spelling), "{spelling} in {shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_refusal_quotes_a_credential() {
    for status in [400, 403, 404, 409, 429, 500, 501, 503] {
        for (scheme, quotes) in schemes() {
            for quote in quotes.iter().flat_map(|quote| spellings(quote)) {
                let json = format!(r#"{{"code":"c","{quote}":1,"echo":["<{quote}> {quote}"]}}"#);
                let html = format!("<html>{quote}</html>");
                for (request, body) in [(get(), &json), (post(), &json), (get(), &html)] {
                    let headers = [("x-echo", quote.as_str()), ("request-id", &quote)];
                    let provider = Provider::new([answer(status, &headers, body.clone())]);
                    let call = live(&open(&provider, scheme.clone()));
                    let response = plain(&call, request).await.unwrap();
                    assert_eq!(response.status, status);
                    clean(&shown(&response), &quotes);
                    assert_eq!(response.header("x-echo"), Some("[redacted]"));
                    if body == &json {
                        let read: Value = serde_json::from_slice(&response.body).unwrap();
                        let echo = json!(["<[redacted]> [redacted]"]);
                        assert_eq!(read, json!({"code": "c", "[redacted]": 1, "echo": echo}));
                    }
                    for write in call.writes() {
                        assert_eq!(write.request_id.as_deref(), Some("[redacted]"));
                    }
                }
            }
        }
    }
}

fn refused(result: Result<HttpResponse, CallEnd>) -> AuthFailure {
    match result {
        Err(CallEnd::AuthFailed(failure)) => failure,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn no_refused_credential_is_quoted() {
    for (scheme, quotes) in schemes() {
        // After a 401 the second token is the one that counts.
        let quotes: Vec<_> =
            quotes.iter().map(|quote| quote.replace(FIRST, "canary-token-1")).collect();
        for quote in quotes.iter().flat_map(|quote| spellings(quote)) {
            let challenge = format!("Bearer realm=\"{quote}\"");
            let headers = [("www-authenticate", challenge.as_str()), ("request-id", &quote)];
            let refusal = || answer(401, &headers, format!(r#"{{"echo":"{quote}"}}"#));
            let provider = Provider::new([refusal(), refusal()]);
            let failure = refused(plain(&live(&open(&provider, scheme.clone())), get()).await);
            assert_eq!(json!(failure.body), json!({"echo": "[redacted]"}));
            assert_eq!(failure.challenge.as_deref(), Some("Bearer realm=\"[redacted]\""));
            assert_eq!(failure.request_id.as_deref(), Some("[redacted]"));
        }
    }
    for placement in [SecretPlacement::Body, SecretPlacement::Basic] {
        for quote in spellings(SECRET) {
            let headers = [("www-authenticate", quote.as_str()), ("request-id", &quote)];
            let body = format!(r#"{{"error":"x","error_description":"{quote}"}}"#);
            let provider = Provider::new([]).tokens([answer(400, &headers, body)]);
            let failure = refused(plain(&live(&open(&provider, oauth(placement))), get()).await);
            assert_eq!(
                json!(failure.body),
                json!({"error": "x", "error_description": "[redacted]"})
            );
            assert_eq!(failure.challenge.as_deref(), Some("[redacted]"));
            assert_eq!(failure.request_id.as_deref(), Some("[redacted]"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_keeps_its_body_and_its_links() {
    // (secret, a link that holds it, how the link comes out)
    let long = "canary-of-16-char";
    let table = [
        (long, format!("/next?key={long}"), "/next?key=[redacted]".to_owned()),
        // A short password may be an ordinary word of a link that must be followed.
        ("admin", "/admin/next".to_owned(), "/admin/next".to_owned()),
    ];
    for (secret, link, expected) in table {
        let body = format!(r#"{{"echo":"{secret}"}}"#);
        let provider = Provider::new([answer(201, &[("link", &link)], body.clone())]);
        let mut options = options(provider.transport(), endpoint(header()));
        options.secrets = [("/secret", secret.to_owned().into())].into_iter().collect();
        let session = Session::new(options).unwrap();
        let response = plain(&live(&session), get()).await.unwrap();
        assert_eq!(response.header("link"), Some(expected.as_str()));
        assert_eq!(response.body, body.into_bytes());
    }
}

#[tokio::test(start_paused = true)]
async fn a_denied_redirect_does_not_name_the_token() {
    let token = "canary-token-that-is-long";
    for location in [format!("https://{token}.evil.example/"), format!("https://{token}@x.example")]
    {
        let provider = Provider::new([answer(302, &[("location", &location)], "")])
            .tokens([token_answer(token, 3600)]);
        let end = plain(&live(&session(&provider)), get()).await.unwrap_err();
        assert!(!format!("{end:?}").contains("canary"), "{end:?}");
        assert_eq!(provider.requests().len(), 1);
    }
}

/// A success is given as it came; a parser that cannot read it quotes it. No error of the call may.
#[tokio::test(start_paused = true)]
async fn no_error_of_a_connector_quotes_what_a_success_echoed() {
    for (scheme, quotes) in schemes() {
        for quote in quotes.iter().flat_map(|quote| spellings(quote)) {
            let provider = Provider::new([answer(200, &[], format!("Bearer {quote}"))]);
            let call = live(&open(&provider, scheme.clone()));
            let ended = call
                .run(|cx| async move {
                    let body = cx.http().send(get()).await?.body;
                    let text = String::from_utf8_lossy(&body).into_owned();
                    let kind = doorward_core::ErrorKind::Unavailable;
                    let error = doorward_core::Error::new(kind, "unread", text.clone());
                    Err::<(), _>(error.cause(&text).attribute("echo", text))
                })
                .await;
            let error = error(ended.unwrap_err());
            clean(&json!(error).to_string(), &quotes);
            assert!(error.message.contains("[redacted]"), "{error:?}");
        }
    }
}

/// A connector that logs what it cannot read must not put the token into the log.
#[tokio::test(start_paused = true)]
async fn no_log_line_of_a_connector_quotes_what_a_success_echoed() {
    for (scheme, quotes) in schemes() {
        for quote in quotes.iter().flat_map(|quote| spellings(quote)) {
            let provider = Provider::new([answer(200, &[], format!("Bearer {quote}, 1 of 2"))]);
            let mut options = options(provider.transport(), endpoint(scheme.clone()));
            let log = Arc::new(Lines::default());
            options.log = Arc::clone(&log) as Arc<dyn Log>;
            let call = live(&Session::new(options).unwrap());
            let logs = |cx: Context| async move {
                let body = cx.http().send(get()).await?.body;
                cx.log(Level::Warn, &String::from_utf8_lossy(&body));
                cx.log(Level::Info, "nothing to hide");
                Ok(())
            };
            call.run(logs).await.unwrap();
            let lines = log.0.lock().unwrap().clone();
            clean(&lines[0], &quotes);
            assert_eq!(lines, ["Bearer [redacted], 1 of 2", "nothing to hide"]);
        }
    }
}

#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Log for Lines {
    fn log(&self, _: Level, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}
