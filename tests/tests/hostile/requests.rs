//! What a plugin sends, and where it tries to get.

use doorward_core::ErrorKind;
use doorward_http::{CallEnd, Mode, ReqwestTransport, TransportOptions};
use doorward_tests::parts::KeptLog;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::stage::{Provider, SECRET, TOKEN, endpoint, open, plugin, reach, request};

/// The request ends the call with this error, and nothing is sent.
async fn is_stopped(requests: Value, reach: Value, kind: ErrorKind, reason: &str, sent: usize) {
    let Some(plugin) = plugin() else { return };
    let provider = Provider::default();
    let opened = open(&plugin, "send", &requests, &reach);
    let error = opened.check(provider.transport()).await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (kind, reason), "{requests} {error:?}");
    assert_eq!(provider.seen().len(), sent, "{:?}", provider.seen());
}

/// The plugin is told no, and nothing is sent.
async fn is_refused(requests: Value, reason: &str) {
    let Some(plugin) = plugin() else { return };
    let provider = Provider::default();
    let opened = open(&plugin, "send", &requests, &reach());
    let told = opened.check(provider.transport()).await.unwrap();
    let refused = told.matches(&format!("{reason}: ")).count();
    assert_eq!(Some(refused), requests.as_array().map(Vec::len), "{requests} {told}");
    assert_eq!(provider.seen(), [] as [&str; 0], "{requests}");
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_requests_at_once() {
    let Some(plugin) = plugin() else { return };
    let provider = Provider::default();
    let opened = open(&plugin, "send-all", &json!([request("GET", "/a", json!({}))]), &reach());
    let error = opened.check(provider.transport()).await.unwrap_err();
    assert_eq!(error.reason, "too-many-at-once");
    assert_eq!(error.kind, ErrorKind::ContractViolation);
    assert_eq!(provider.seen().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_was_not_declared() {
    is_refused(json!([request("GET", "/", json!({"endpoint": "elsewhere"}))]), "unknown-endpoint")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_path_that_escapes_its_origin() {
    for path in [
        "//evil.example/",
        "https://evil.example/",
        "@evil.example/",
        ".evil.example/",
        ":444/",
        "/\\evil.example/",
        "/../../etc",
        "/a/%2e%2E/b",
        "/a b",
        "/a\r\nHost: evil.example",
        "",
    ] {
        is_refused(json!([request("GET", path, json!({}))]), "path").await;
    }
}

#[tokio::test(start_paused = true)]
async fn smuggled_headers() {
    for (name, value) in [
        ("Host", "evil.example"),
        ("Authorization", "Bearer mine"),
        ("X-Key", "mine"),
        ("Cookie", "a=b"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "0"),
        ("Connection", "keep-alive, x-key"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("x-fine", "a\r\nx-key: mine"),
        ("x-fine\r\nx-key", "mine"),
        ("x fine", "a"),
    ] {
        is_refused(json!([request("GET", "/", json!({"headers": [[name, value]]}))]), "header")
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_to_where_it_may_not_go() {
    for path in ["/to-metadata", "/to-loopback", "/to-token"] {
        let requests = json!([request("GET", path, json!({}))]);
        is_stopped(requests, reach(), ErrorKind::DeniedByPolicy, "redirect-denied", 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_called_as_an_ordinary_one() {
    let mut reach = reach();
    let login = json!({"name": "login", "origin": "https://login.example",
        "readPosts": ["/token"], "scheme": {"type": "none"}});
    let oauth = json!({"name": "graph", "origin": "https://graph.example", "scheme": {
        "type": "oauth2-client-secret", "tokenUrl": "https://login.example/token",
        "tokenUrlNamedByConnection": false, "clientId": "c", "scope": "s",
        "secret": {"pointer": "/secret"}}});
    reach.as_array_mut().unwrap().extend([login, oauth]);
    for path in ["/token", "/TOKEN/", "/%74oken?x=y"] {
        let body = json!({"endpoint": "login", "effect": "read", "body": {"grant_type": "x"},
            "path": {"path": path, "template": "/token"}});
        let requests = json!([request("POST", path, body)]);
        let (kind, reason) = match path {
            "/token" => (ErrorKind::ContractViolation, "token-endpoint"),
            // The path does not have the shape that it claims: it is stopped even earlier.
            _ => (ErrorKind::DeniedByPolicy, "effect-not-approved"),
        };
        is_stopped(requests, reach.clone(), kind, reason, 0).await;
        let get = json!([request("GET", path, json!({"endpoint": "login"}))]);
        let kind = ErrorKind::ContractViolation;
        is_stopped(get, reach.clone(), kind, "token-endpoint", 0).await;
    }
}

/// Over real sockets: the address is looked at after the name is resolved, and nothing is dialled.
#[tokio::test]
async fn addresses_that_no_plugin_reaches() {
    let Some(plugin) = plugin() else { return };
    for origin in [
        "https://169.254.169.254",
        "https://localhost:1",
        "https://127.0.0.1:1",
        "https://[::ffff:169.254.169.254]",
        "https://10.0.0.1",
    ] {
        let transport = ReqwestTransport::new(TransportOptions::default()).unwrap();
        let get = json!([request("GET", "/latest/meta-data/", json!({}))]);
        let opened = open(&plugin, "send", &get, &json!([endpoint("api", origin)]));
        let error = opened.check(Arc::new(transport)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::DeniedByPolicy, "{origin} {error:?}");
        assert_eq!(error.reason, "address-not-allowed", "{origin}");
    }
}

/// A POST that is called a read, to get through a plan.
#[tokio::test(start_paused = true)]
async fn a_write_that_is_called_a_read() {
    let Some(plugin) = plugin() else { return };
    let lie = |path: &str, template: &str| {
        request(
            "POST",
            path,
            json!({"effect": "read", "body": {},
            "path": {"path": path, "template": template}}),
        )
    };
    for (request, reason) in [
        (lie("/members", "/members"), "effect-not-approved"),
        (lie("/members", "/lookup"), "effect-not-approved"),
        (lie("/lookup/members", "/lookup"), "effect-not-approved"),
        (request("DELETE", "/lookup", json!({"effect": "read"})), "effect"),
        (request("PATCH", "/lookup", json!({"effect": "read", "body": {}})), "effect"),
    ] {
        let provider = Provider::default();
        let opened = open(&plugin, "send", &json!([request]), &reach());
        for mode in [Mode::Plan, Mode::Read, Mode::Live] {
            let end = opened.apply(provider.transport(), mode).await.unwrap_err();
            let CallEnd::Denied(error) = end else { panic!("{request} {end:?}") };
            assert_eq!(error.reason, reason, "{request}");
        }
        assert_eq!(provider.seen().len(), 0, "{request}");
    }
    let provider = Provider::default();
    let honest = json!([request("POST", "/members", json!({"body": {}}))]);
    let opened = open(&plugin, "send", &honest, &reach());
    let end = opened.apply(provider.transport(), Mode::Plan).await.unwrap_err();
    assert!(matches!(end, CallEnd::Planned(_)), "{end:?}");
    let end = opened.apply(provider.transport(), Mode::Read).await.unwrap_err();
    assert!(matches!(end, CallEnd::Denied(_)), "{end:?}");
    assert_eq!(provider.seen().len(), 0);
}

/// Neither the connection, nor claims, nor an answer that quotes its request, nor the log.
#[tokio::test(start_paused = true)]
async fn a_secret_and_a_token_are_nowhere_to_be_seen() {
    let Some(plugin) = plugin() else { return };
    let oauth = json!({"name": "graph", "origin": "https://graph.example", "claims": ["oid"],
        "scheme": {
        "type": "oauth2-client-secret", "tokenUrl": "https://login.example/token",
        "tokenUrlNamedByConnection": false, "clientId": "c", "scope": "s",
        "secret": {"pointer": "/secret"}}});
    let reach = json!([endpoint("api", "https://api.example"), oauth]);
    for name in ["api", "graph"] {
        let provider = Provider::default();
        let log = KeptLog::default();
        let get = json!([request("GET", "/quote", json!({"endpoint": name}))]);
        let opened = open(&plugin, "tell", &get, &reach);
        let told = opened.check_logging(provider.transport(), &log).await.unwrap();
        assert!(told.contains("418"), "{told}");
        assert!(told.contains("[redacted]"), "{told}");
        assert_eq!(provider.seen().len(), 1);
        for text in [&told, &log.lines().join("\n")] {
            for canary in [SECRET, TOKEN] {
                assert!(!text.contains(canary), "{text}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_only_reads_writes_nothing() {
    let Some(plugin) = plugin() else { return };
    let provider = Provider::default();
    let writing = json!([request("DELETE", "/members", json!({}))]);
    let opened = open(&plugin, "send", &writing, &reach());
    for error in [
        opened.check(provider.transport()).await.unwrap_err(),
        opened.sync(provider.transport()).await.unwrap_err(),
    ] {
        assert_eq!(error.reason, "write-in-read");
        assert_eq!(error.kind, ErrorKind::ContractViolation);
    }
    assert_eq!(provider.seen().len(), 0);
}
