//! Tokens: single flight, margin, renewal, what is sent, what is told.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use base64::Engine;
use doorward_core::{AuthStage, ErrorKind, SecretPlacement};
use doorward_http::{CallEnd, CallOptions, Mode, TransportErrorKind};
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;
use support::*;
use tokio::time::{advance, sleep};

#[tokio::test(start_paused = true)]
async fn a_hundred_calls_fetch_one_token() {
    let provider = Provider::new([]).latency(Duration::from_millis(50));
    let session = session(&provider);
    let calls: Vec<_> = (0..100).map(|_| live(&session)).collect();
    let results = join_all(calls.iter().map(|call| plain(call, get()))).await;
    assert!(results.iter().all(|result| result.as_ref().unwrap().status == 200));
    assert_eq!(provider.token_requests().len(), 1);
    assert_eq!(provider.requests().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn the_first_waiter_may_leave() {
    let provider = Provider::new([]).latency(Duration::from_millis(50));
    let session = session(&provider);
    let first = live(&session);
    let calls: Vec<_> = (0..99).map(|_| live(&session)).collect();
    let leaving = tokio::time::timeout(Duration::from_millis(20), plain(&first, get()));
    let others = join_all(calls.iter().map(|call| plain(call, get())));
    let (left, others) = tokio::join!(leaving, others);
    assert!(left.is_err());
    assert!(others.iter().all(Result::is_ok));
    assert_eq!(provider.token_requests().len(), 1);
    assert_eq!(provider.all()[1].at, Duration::from_millis(50));
}

#[tokio::test(start_paused = true)]
async fn when_all_leave_the_next_asks_anew() {
    let provider = Provider::new([]).tokens([Reply::Never]);
    let session = session(&provider);
    let leaving = live(&session);
    assert!(tokio::time::timeout(Duration::from_secs(1), plain(&leaving, get())).await.is_err());
    assert!(plain(&live(&session), get()).await.is_ok());
    assert_eq!(provider.token_requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_its_end() {
    // (life, still used at, renewed at)
    for (life, used, renewed) in [(3599, 3298, 3300), (600, 539, 541), (86_400, 86_099, 86_101)] {
        let provider = Provider::new([]).tokens([token_answer("one", life)]);
        let session = session(&provider);
        plain(&live(&session), get()).await.unwrap();
        advance(Duration::from_secs(used)).await;
        plain(&live(&session), get()).await.unwrap();
        assert_eq!(provider.token_requests().len(), 1, "{life}");
        advance(Duration::from_secs(renewed - used)).await;
        plain(&live(&session), get()).await.unwrap();
        assert_eq!(provider.token_requests().len(), 2, "{life}");
    }
}

#[tokio::test(start_paused = true)]
async fn within_the_margin_an_old_token_bridges_an_outage() {
    let provider = Provider::new([]).tokens([token_answer("one", 3600), status(503)]);
    let session = session(&provider);
    plain(&live(&session), get()).await.unwrap();
    advance(Duration::from_secs(3400)).await;
    assert_eq!(plain(&live(&session), get()).await.unwrap().status, 200);
    assert_eq!(provider.requests()[1].header("authorization").unwrap(), "Bearer one");
}

#[tokio::test(start_paused = true)]
async fn a_401_gets_one_fresh_token_and_then_fails() {
    let provider = Provider::new([status(401)]);
    let session = session(&provider);
    assert_eq!(plain(&live(&session), get()).await.unwrap().status, 200);
    assert_eq!(provider.token_requests().len(), 2);

    let challenge = [("www-authenticate", "Bearer realm=\"\", error=\"x\""), ("request-id", "r1")];
    let refusal = r#"{"error":{"code":"InvalidAuthenticationToken","echo":"canary-token-3"}}"#;
    let provider = Provider::new([status(401), answer(401, &challenge, refusal)])
        .tokens([token_answer("canary-token-2", 99), token_answer("canary-token-3", 99)]);
    let session = support::session(&provider);
    let call = live(&session);
    let Err(CallEnd::AuthFailed(failure)) = plain(&call, post()).await else {
        panic!("it went on")
    };
    assert_eq!(failure.stage, AuthStage::Endpoint);
    assert_eq!(failure.status, 401);
    assert_eq!(failure.request_id.as_deref(), Some("r1"));
    assert_eq!(failure.challenge.as_deref(), Some("Bearer realm=\"\", error=\"x\""));
    assert_eq!(
        json!(failure.body),
        json!({"error": {"code": "InvalidAuthenticationToken", "echo": "[redacted]"}})
    );
    assert_eq!(provider.requests().len(), 2);
    assert!(call.writes().iter().all(|write| write.status == Some(401) && !write.lost));
}

#[tokio::test(start_paused = true)]
async fn many_401s_fetch_one_fresh_token() {
    let provider = Provider::new((0..50).map(|_| status(401))).latency(Duration::from_millis(5));
    let session = session(&provider);
    let calls: Vec<_> = (0..50).map(|_| live(&session)).collect();
    let results = join_all(calls.iter().map(|call| plain(call, get()))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(provider.token_requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_secret_ends_the_call_and_is_not_remembered() {
    let refusal = json!({
        "error": "invalid_client", "error_codes": [7000215], "access_token": "no",
        "error_description": format!("AADSTS7000215: you sent {SECRET}"),
    });
    let provider =
        Provider::new([]).tokens([answer(401, &[("x-ms-request-id", "r9")], refusal.to_string())]);
    let session = session(&provider);
    let Err(CallEnd::AuthFailed(failure)) = plain(&live(&session), get()).await else {
        panic!("it went on")
    };
    assert_eq!(failure.stage, AuthStage::Token);
    assert_eq!(failure.request_id.as_deref(), Some("r9"));
    assert_eq!(failure.body["error_codes"], json!([7000215]));
    assert_eq!(failure.body["error_description"], json!("AADSTS7000215: you sent [redacted]"));
    assert!(!failure.body.contains_key("access_token"));
    assert!(provider.requests().is_empty());
    assert!(plain(&live(&session), get()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_busy_token_endpoint_is_asked_again_within_the_budget() {
    let slow = || answer(429, &[("retry-after", "7")], "{}");
    let gone = || answer(400, &[], r#"{"error":"temporarily_unavailable"}"#);
    let provider = Provider::new([]).tokens([
        slow(),
        status(503),
        gone(),
        Reply::Fail(TransportErrorKind::Lost),
    ]);
    assert!(plain(&live(&session(&provider)), get()).await.is_ok());
    assert!(provider.token_requests()[1].at >= Duration::from_secs(7));

    let provider = Provider::new([]).tokens((0..9).map(|_| slow()));
    let end = plain(&live(&session(&provider)), get()).await.unwrap_err();
    assert_eq!(error(end).kind, ErrorKind::RateLimited);
    assert_eq!(provider.token_requests().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_none_is_refused_without_being_shown() {
    for body in [
        "<html>canary</html>",
        r#"{"token_type":"Bearer"}"#,
        r#"{"access_token":"canary","token_type":"mac"}"#,
        r#"{"access_token":"canary\n","token_type":"Bearer"}"#,
        r#"{"access_token":["canary"]}"#,
    ] {
        let provider = Provider::new([]).tokens([answer(200, &[], body)]);
        let end = plain(&live(&session(&provider)), get()).await.unwrap_err();
        let error = error(end);
        assert_eq!(error.kind, ErrorKind::Unavailable, "{body}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_encoded_once() {
    let provider = Provider::new([]);
    plain(&live(&session(&provider)), get()).await.unwrap();
    let sent = &provider.token_requests()[0];
    assert_eq!(
        std::str::from_utf8(&sent.body).unwrap(),
        "grant_type=client_credentials&scope=https%3A%2F%2Fapi.example%2F.default\
         &client_id=client+id&client_secret=canary%7ES3cret%2Ba%26b+%25c"
    );
    assert_eq!(sent.header("content-type").unwrap(), "application/x-www-form-urlencoded");
    assert_eq!(sent.header("authorization"), None);

    let provider = Provider::new([]);
    let session = with(&provider, endpoint(oauth(SecretPlacement::Basic)));
    plain(&live(&session), get()).await.unwrap();
    let sent = &provider.token_requests()[0];
    let header = sent.header("authorization").unwrap();
    let pair = base64::engine::general_purpose::STANDARD
        .decode(header.strip_prefix("Basic ").unwrap())
        .unwrap();
    assert_eq!(pair, b"client+id:canary%7ES3cret%2Ba%26b+%25c");
    assert!(!String::from_utf8_lossy(&sent.body).contains("secret"));
}

#[tokio::test(start_paused = true)]
async fn claims_are_those_that_were_approved() {
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let payload = encode(r#"{"oid":"o","roles":["a"],"tid":"hidden"}"#);
    let table = [
        (format!("x.{payload}.y"), json!({"oid": "o", "roles": ["a"]})),
        (format!("x.{}.y", encode("[]")), json!({})),
        ("opaque".to_owned(), json!({})),
        ("a.%%.c".to_owned(), json!({})),
    ];
    for (token, expected) in table {
        let provider = Provider::new([]).tokens([token_answer(&token, 3600)]);
        let call = live(&session(&provider));
        let claims = call.run(|cx| async move { cx.http().claims("api").await }).await;
        assert_eq!(json!(claims.unwrap()), expected, "{token}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_also_ends_the_wait_for_a_token() {
    let provider = Provider::new([]).tokens([Reply::Never]);
    let session = session(&provider);
    let call = session.call(CallOptions::new(Mode::Live, Duration::from_secs(5)));
    let end = plain(&call, post()).await.unwrap_err();
    assert!(matches!(end, CallEnd::Deadline(_)));
    assert!(call.writes().is_empty(), "nothing was sent");
    sleep(Duration::from_secs(1)).await;
}
