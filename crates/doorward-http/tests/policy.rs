//! Policy: redirects, headers, credentials, paths, and what never leaves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use doorward_core::{Effect, ErrorKind, HttpRequest, Method, Path, Scheme, SecretPlacement};
use doorward_http::{Session, TransportErrorKind};
use serde_json::json;
use support::*;

fn open(provider: &Provider) -> Session {
    with(provider, endpoint(Scheme::None))
}

#[tokio::test(start_paused = true)]
async fn redirects() {
    let to = |location: &str| answer(302, &[("location", location)], "");
    // (location, where the second request goes; `Err` with the origin that is named)
    let table = [
        ("/else?a=b", Ok("https://api.example/else?a=b")),
        ("else", Ok("https://api.example/else")),
        ("https://api.example/x", Ok("https://api.example/x")),
        ("https://API.example:443/x", Ok("https://api.example/x")),
        ("//evil.example/x?personal", Err("https://evil.example")),
        ("http://api.example/x", Err("http://api.example")),
        ("https://api.example:444/x", Err("https://api.example:444")),
        ("https://user@api.example/x", Err("https://api.example")),
        ("file:///etc/passwd", Err("null")),
    ];
    for (location, expected) in table {
        let provider = Provider::new([to(location)]);
        let result = plain(&live(&session(&provider)), get()).await;
        let requests = provider.requests();
        match expected {
            Ok(url) => {
                assert_eq!(requests[1].url, url);
                assert!(result.is_ok(), "{location}");
                assert!(requests[1].header("authorization").is_some());
            }
            Err(origin) => {
                let error = error(result.unwrap_err());
                assert_eq!(error.kind, ErrorKind::DeniedByPolicy, "{location}");
                assert!(error.message.contains(origin), "{error:?}");
                assert!(!error.message.contains("personal"), "{error:?}");
                assert_eq!(requests.len(), 1, "{location}");
            }
        }
    }

    let provider = Provider::new((0..9).map(|_| to("/loop")));
    let end = plain(&live(&session(&provider)), get()).await.unwrap_err();
    assert_eq!(error(end).reason, "too-many-redirects");
    assert_eq!(provider.requests().len(), 6);

    let mut reading = HttpRequest::new("api", Method::Post, Path::new("/lookup"));
    reading.effect = Some(Effect::Read);
    for request in [post(), reading] {
        let provider = Provider::new([to("/else")]);
        let response = plain(&live(&session(&provider)), request).await.unwrap();
        assert_eq!(response.status, 302, "only a GET follows");
    }
}

#[tokio::test(start_paused = true)]
async fn headers() {
    let refused = [
        "Authorization",
        "authorization",
        "Host",
        "User-Agent",
        "Accept-Encoding",
        "client-request-id",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Cookie",
        "X-HTTP-Method-Override",
        "X-Forwarded-For",
        "X-Key",
        "bad name",
        "",
    ];
    let scheme = Scheme::Header {
        header: "x-key".to_owned(),
        prefix: "Key ".to_owned(),
        secret: reference(),
    };
    for name in refused {
        let provider = Provider::new([]);
        let session = with(&provider, endpoint(scheme.clone()));
        let end = plain(&live(&session), get().header(name, "x")).await;
        let error = error(end.unwrap_err());
        assert_eq!(error.kind, ErrorKind::ContractViolation, "{name}");
        assert!(provider.all().is_empty(), "{name}");
    }
    for (name, value) in [("x-a", "line\r\nbreak"), ("content-type", "text/xml")] {
        let provider = Provider::new([]);
        let result = plain(&live(&open(&provider)), post().header(name, value)).await;
        assert_eq!(error(result.unwrap_err()).reason, "header", "{name}");
    }

    let provider = Provider::new([]);
    let session = with(&provider, endpoint(scheme));
    let request = post()
        .header("ConsistencyLevel", "eventual")
        .header("Content-Type", "application/scim+json");
    plain(&live(&session), request).await.unwrap();
    let sent = &provider.requests()[0];
    assert_eq!(sent.header("x-key").unwrap(), format!("Key {SECRET}"));
    assert_eq!(sent.header("consistencylevel").unwrap(), "eventual");
    assert_eq!(sent.header("content-type").unwrap(), "application/scim+json");
    assert_eq!(sent.header("accept-encoding").unwrap(), "gzip");
    assert!(sent.header("user-agent").unwrap().starts_with("Doorward/"));
    let id = sent.header("client-request-id").unwrap();
    let id = uuid::Uuid::parse_str(&id).unwrap();
    assert_eq!(id.get_version_num(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_basic_credential() {
    let provider = Provider::new([]);
    let scheme = Scheme::Basic { username: "Aladdin".to_owned(), secret: reference() };
    let mut options = options(provider.transport(), endpoint(scheme));
    options.secrets = [("/secret", "open sesame".to_owned().into())].into_iter().collect();
    let session = Session::new(options).unwrap();
    plain(&live(&session), get()).await.unwrap();
    // The example of RFC 7617 §2.
    assert_eq!(
        provider.requests()[0].header("authorization").unwrap(),
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    );
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_nobody_approved() {
    let provider = Provider::new([]);
    let request = HttpRequest::get("other", Path::new("/things"));
    let end = plain(&live(&session(&provider)), request).await.unwrap_err();
    assert_eq!(error(end).reason, "unknown-endpoint");
    assert!(provider.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn paths_that_could_be_read_as_others() {
    for path in [
        "things",
        "",
        "//evil.example/x",
        "/a/../b",
        "/a/./b",
        "/a/%2e%2E/b",
        "/a/.%2e",
        "/a\\b",
        "/a b",
        "/a#b",
        "/a\r\nx: y",
        "/ä",
    ] {
        let provider = Provider::new([]);
        let request = HttpRequest::get("api", Path::resumed(path, "/t"));
        let end = plain(&live(&session(&provider)), request).await.unwrap_err();
        assert_eq!(error(end).kind, ErrorKind::ContractViolation, "{path}");
        assert!(provider.all().is_empty(), "{path}");
    }
    // Encoding a value does not help against URL parsers, which read `%2E%2E` as a climb as well.
    for value in [".", ".."] {
        let provider = Provider::new([]);
        let request = HttpRequest::get("api", Path::new("/a").value(value).literal("b"));
        let end = plain(&live(&session(&provider)), request).await.unwrap_err();
        assert!(error(end).message.contains("a segment of dots"), "{value}");
        assert!(provider.all().is_empty(), "{value}");
    }
    for path in ["/a/b..c/...", "/v1.0/users(id='%27')?$skiptoken=X'4F%2e%2e'&a=../b", "/?"] {
        let provider = Provider::new([]);
        let request = HttpRequest::get("api", Path::resumed(path, "/t"));
        plain(&live(&session(&provider)), request).await.unwrap();
        assert_eq!(provider.requests()[0].url, format!("https://api.example{path}"));
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_logged() {
    let (captured, guard) = capture();
    let provider = Provider::new([
        status(401),
        status(503),
        Reply::Fail(TransportErrorKind::Lost),
        answer(200, &[], r#"{"canary-body":1}"#),
    ])
    .tokens([status(503)]);
    let session = session(&provider);
    let call = live(&session);
    let path = Path::new("/users").value("canary-person").query("q", "canary-query");
    plain(&call, HttpRequest::get("api", path)).await.unwrap();
    plain(&call, post().json(json!("canary-sent"))).await.unwrap();
    let debug = format!("{session:?} {:?} {:?}", call.writes(), secrets());
    drop(guard);
    let text = captured.text();
    assert!(text.contains("/users/{}") && text.contains("api.example"), "{text}");
    assert!(text.contains("attempt=2 duration_ms=0 status=503"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    assert!(!debug.contains("canary"), "{debug}");
}

/// The token endpoint of the scheme is the host's, whatever endpoint it is called through.
#[tokio::test(start_paused = true)]
async fn no_connector_calls_a_token_endpoint() {
    let login = doorward_core::Endpoint {
        name: "login".to_owned(),
        origin: "https://login.example".to_owned(),
        scheme: Scheme::None,
        read_posts: vec!["/tenant/token".to_owned()],
        claims: Vec::new(),
        named_by_connection: false,
    };
    let open = |provider: &Provider| {
        let oauth = endpoint(oauth(SecretPlacement::Body));
        let Scheme::Oauth2ClientSecret { token_url, .. } = &oauth.scheme else { panic!() };
        assert_eq!(token_url, "https://login.example/tenant/token");
        let mut options = options(provider.transport(), oauth);
        options.reach.endpoints.push(login.clone());
        Session::new(options).unwrap()
    };
    let refused = [
        "/tenant/token",
        "/tenant/token?scope=more",
        "/tenant/token/",
        "/Tenant/TOKEN",
        "/tenant/t%6fken",
        "/t%65nant/%74%6F%6b%65%6E",
        "/tenant//token",
        "//tenant/token",
        "/tenant/token;x",
        "/tenant%2F%2F%2Ftoken",
        "/tenant%2Ftoken%3Bx",
    ];
    for path in refused {
        for method in [Method::Get, Method::Post] {
            let provider = Provider::new([]);
            let mut request =
                HttpRequest::new("login", method, Path::resumed(path, "/tenant/token"));
            request.effect = Some(Effect::Read);
            let result = plain(&live(&open(&provider)), request).await;
            assert!(result.is_err(), "{path} {result:?}");
            assert_eq!(provider.all().len(), 0, "{path}");
        }
    }
    let provider = Provider::new([]);
    let request = HttpRequest::get("login", Path::new("/tenant/token").literal("keys"));
    plain(&live(&open(&provider)), request).await.unwrap();
}
