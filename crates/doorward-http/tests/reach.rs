//! Reach: links, addresses, origins and secrets of a session.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use doorward_core::{Endpoint, ErrorKind, Reach, Scheme, SecretPlacement};
use doorward_http::{
    AddressRule, BodyStream, Secrets, Session, SessionOptions, Transport, TransportError,
    address_class,
};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use support::*;

fn relative(link: &str) -> doorward_core::Result<String> {
    relative_of("https://api.example", link)
}

fn relative_of(origin: &str, link: &str) -> doorward_core::Result<String> {
    struct Nowhere;
    #[doorward_core::async_trait]
    impl doorward_http::Transport for Nowhere {
        async fn send(
            &self,
            _request: http::Request<bytes::Bytes>,
            _addresses: AddressRule,
        ) -> Result<http::Response<doorward_http::BodyStream>, doorward_http::TransportError>
        {
            panic!("no request was expected")
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut endpoint = endpoint(Scheme::None);
        endpoint.origin = origin.to_owned();
        let session = Session::new(options(Arc::new(Nowhere), endpoint)).unwrap();
        let result = live(&session).run(|cx| async move { cx.http().relative("api", link) }).await;
        result.map_err(error)
    })
}

#[test]
fn links() {
    let kept = [
        ("https://api.example/v1/x?$skiptoken=a%2Fb%20c'd", "/v1/x?$skiptoken=a%2Fb%20c'd"),
        ("https://api.example:443/x", "/x"),
        ("HTTPS://API.Example/X?y=Z#cut", "/X?y=Z"),
        ("https://api.example", "/"),
        ("https://api.example?x=1", "/?x=1"),
        ("https://api.example/a//b/", "/a//b/"),
        ("/v1/x?a=https://evil.example/", "/v1/x?a=https://evil.example/"),
    ];
    for (link, path) in kept {
        assert_eq!(relative(link).unwrap(), path, "{link}");
    }
    let refused = [
        "https://evil.example/x",
        "http://api.example/x",
        "https://api.example:444/x",
        "https://api.example.evil.example/x",
        "https://api.example@evil.example/x",
        "https://user@api.example/x",
        "https://user:pass@api.example/x",
        "https://:@api.example/x",
        "//evil.example/x",
        "//api.example/x",
        "/\\evil.example/x",
        "\\\\evil.example/x",
        "https:\\\\api.example/x",
        "https://api.example\\@evil.example/x",
        "https:/api.example/x",
        "https:///api.example/x",
        "https:api.example/x",
        " https://api.example/x",
        "https://api.example/\tx",
        "https://api.exam\nple/x",
        "https://api.example/../x",
        "https://api.example/%2e%2e/x",
        "https://api.example/a b",
        "x/y",
        "?x=1",
        "",
        "javascript://api.example/x",
        "ftp://api.example/x",
    ];
    for link in refused {
        let error = relative(link).unwrap_err();
        assert_eq!(error.kind, ErrorKind::ContractViolation, "{link}");
    }
}

proptest! {
    #[test]
    fn no_link_leads_elsewhere(link in link()) {
        let base = url::Url::parse("https://api.example").unwrap();
        if let Ok(path) = relative(&link) {
            // As a browser reads the link, and as it reads what will be sent.
            let read = base.join(&link).unwrap();
            let sent = url::Url::parse(&format!("https://api.example{path}")).unwrap();
            prop_assert_eq!(read.origin(), base.origin());
            prop_assert_eq!(sent.origin(), base.origin());
            prop_assert_eq!((read.path(), read.query()), (sent.path(), sent.query()));
            prop_assert!(link.contains(&path) || path.starts_with("/?") || path == "/");
        }
    }

    #[test]
    fn a_link_to_home_is_kept_to_the_byte(path in "(/[a-zA-Z0-9%$()'=,;:@!*_-]{1,9}){1,4}(\\?[a-zA-Z0-9%$&=/?.']{0,20})?") {
        prop_assert_eq!(relative(&format!("https://api.example{path}")).unwrap(), path);
    }
}

fn link() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("https://".to_owned()),
        Just("http://".to_owned()),
        Just("https:".to_owned()),
        Just("api.example".to_owned()),
        Just("API.example".to_owned()),
        Just("evil.example".to_owned()),
        Just(":443".to_owned()),
        Just("@".to_owned()),
        Just("/".to_owned()),
        Just("\\".to_owned()),
        Just("//".to_owned()),
        Just("?".to_owned()),
        Just("#".to_owned()),
        Just("..".to_owned()),
        Just("%2e".to_owned()),
        Just("\t".to_owned()),
        "[ -~]{0,3}",
        "\\PC{0,2}",
    ];
    let tail = proptest::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat());
    prop_oneof![tail.clone(), tail.prop_map(|tail| format!("https://api.example{tail}"))]
}

#[test]
fn addresses() {
    let public = [
        "8.8.8.8",
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "169.253.1.1",
        "223.255.255.1",
    ];
    // (address, admitted where the connection names it, and where it spells the address)
    let others = [
        ("127.0.0.1", true, true),
        ("127.255.0.9", true, true),
        ("10.0.0.1", true, true),
        ("172.16.0.1", true, true),
        ("172.31.255.255", true, true),
        ("192.168.1.1", true, true),
        ("100.64.0.1", true, true),
        ("100.127.255.255", true, true),
        ("169.254.169.254", false, true),
        ("169.254.0.1", false, true),
        ("168.63.129.16", false, true),
        ("0.0.0.0", false, false),
        ("0.1.2.3", false, false),
        ("192.0.0.192", false, false),
        ("192.0.2.1", false, false),
        ("198.51.100.1", false, false),
        ("203.0.113.1", false, false),
        ("198.18.0.1", false, false),
        ("224.0.0.1", false, false),
        ("240.0.0.1", false, false),
        ("255.255.255.255", false, false),
        ("::", false, false),
        ("::1", true, true),
        ("fe80::1", false, true),
        ("fd00:ec2::254", false, true),
        ("fc00::1", true, true),
        ("fd12::1", true, true),
        ("ff02::1", false, false),
        ("2001:db8::1", false, false),
        ("2001::1", false, false),
        ("100::1", false, false),
        ("::ffff:127.0.0.1", true, true),
        ("::ffff:169.254.169.254", false, true),
        ("::127.0.0.1", true, true),
        ("64:ff9b::a9fe:a9fe", false, true),
        ("64:ff9b:1::1", false, false),
        ("2002:7f00:1::", true, true),
        ("2002:c0a8:101::1", true, true),
    ];
    for text in public {
        let address = text.parse().unwrap();
        assert_eq!(address_class(address), None, "{text}");
        assert_eq!(AddressRule::PublicOnly.admit(address, false), Ok(()), "{text}");
    }
    for (text, named, spelled) in others {
        let address = text.parse().unwrap();
        assert!(AddressRule::PublicOnly.admit(address, true).is_err(), "{text}");
        assert_eq!(AddressRule::AlsoPrivate.admit(address, false).is_ok(), named, "{text}");
        assert_eq!(AddressRule::AlsoPrivate.admit(address, true).is_ok(), spelled, "{text}");
    }
}

const API: &str = "https://api.example";
const LOGIN: &str = "https://login.example";

/// An endpoint and its token endpoint, each with whether the connection names it.
fn endpoint_of(api: (&str, bool), login: (&str, bool)) -> Endpoint {
    let mut endpoint = endpoint(oauth(SecretPlacement::Body));
    (endpoint.origin, endpoint.named_by_connection) = (api.0.to_owned(), api.1);
    if let Scheme::Oauth2ClientSecret { token_url, token_url_named_by_connection, .. } =
        &mut endpoint.scheme
    {
        (*token_url, *token_url_named_by_connection) = (login.0.to_owned(), login.1);
    }
    endpoint
}

/// Notes to which addresses each request may lead.
struct Rules(Arc<dyn Transport>, Mutex<Vec<(String, AddressRule)>>);

#[doorward_core::async_trait]
impl Transport for Rules {
    async fn send(
        &self,
        request: http::Request<bytes::Bytes>,
        addresses: AddressRule,
    ) -> Result<http::Response<BodyStream>, TransportError> {
        let host = request.uri().host().unwrap().to_owned();
        self.1.lock().unwrap().push((host, addresses));
        self.0.send(request, addresses).await
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_address_that_the_connection_names_may_be_private() {
    // (the endpoint is named, the token endpoint is named)
    for (api, login) in [(false, false), (true, false), (false, true), (true, true)] {
        let transport = Arc::new(Rules(Provider::new([status(401)]).transport(), Mutex::default()));
        let endpoint = endpoint_of((API, api), (LOGIN, login));
        let session = Session::new(options(transport.clone(), endpoint)).unwrap();
        // With a 401, so that both are asked twice.
        plain(&live(&session), get()).await.unwrap();
        let rules = transport.1.lock().unwrap().clone();
        assert_eq!(rules.len(), 4, "{rules:?}");
        for (host, rule) in rules {
            let named = if host == "login.example" { login } else { api };
            for address in ["127.0.0.1", "::1", "10.1.2.3"] {
                let admitted = rule.admit(address.parse().unwrap(), false).is_ok();
                assert_eq!(admitted, named, "{host} at {address}, named: {api} {login}");
            }
        }
        for host in ["localhost", "127.0.0.1", "10.1.2.3"] {
            let origin = format!("http://{host}:8080");
            let provider = Provider::new([]);
            let opens = |endpoint| Session::new(options(provider.transport(), endpoint)).is_ok();
            let loopback = host != "10.1.2.3";
            assert_eq!(
                opens(endpoint_of((&origin, api), (LOGIN, login))),
                api && loopback,
                "{origin}"
            );
            assert_eq!(
                opens(endpoint_of((API, api), (&origin, login))),
                login && loopback,
                "{origin}"
            );
        }
    }
}

#[tokio::test]
async fn origins_of_a_session() {
    // (origin, opens when the connector names it, opens when the connection names it)
    let table = [
        ("https://api.example", true, true),
        ("https://api.example:8443", true, true),
        ("https://api.example/", true, true),
        ("http://api.example", false, false),
        ("http://localhost:8080", false, true),
        ("http://127.0.0.1:8080", false, true),
        ("http://0x7f.1:8080", false, true),
        ("http://[::1]:8080", false, true),
        ("http://10.0.0.1", false, false),
        ("http://localhost.evil.example", false, false),
        ("https://user:canary@api.example", false, false),
        ("https://api.example/path", false, false),
        ("https://api.example?query", false, false),
        ("ftp://api.example", false, false),
        ("api.example", false, false),
        ("", false, false),
    ];
    for (origin, chosen, named) in table {
        for (named_by_connection, expected) in [(false, chosen), (true, named)] {
            for token in [false, true] {
                // A token URL is more than an origin.
                if token && (origin.contains("/path") || origin.contains('?')) {
                    continue;
                }
                let endpoint = if token {
                    endpoint_of((API, !named_by_connection), (origin, named_by_connection))
                } else {
                    endpoint_of((origin, named_by_connection), (LOGIN, !named_by_connection))
                };
                let provider = Provider::new([]);
                let result = Session::new(options(provider.transport(), endpoint));
                assert_eq!(result.is_ok(), expected, "{origin} {named_by_connection} {token}");
                if let Err(error) = result {
                    assert_eq!(error.kind, ErrorKind::InvalidConnection);
                    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn secrets_that_cannot_be_used() {
    let header = Scheme::Header {
        header: "authorization".to_owned(),
        prefix: "Bearer ".to_owned(),
        secret: reference(),
    };
    let basic = Scheme::Basic { username: "a:b".to_owned(), secret: reference() };
    let host =
        Scheme::Header { header: "host".to_owned(), prefix: String::new(), secret: reference() };
    let none = Secrets::new();
    let broken: Secrets = [("/secret", "canary\nline".to_owned().into())].into_iter().collect();
    let table = [
        (header.clone(), none, "missing-secret"),
        (header, broken, "credential-value"),
        (basic, secrets(), "basic-username"),
        (host, secrets(), "credential-header"),
    ];
    for (scheme, secrets, reason) in table {
        let provider = Provider::new([]);
        let options = SessionOptions { secrets, ..options(provider.transport(), endpoint(scheme)) };
        let error = Session::new(options).unwrap_err();
        assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::InvalidConnection, reason));
        assert!(!format!("{error:?}").contains("canary"));
    }
    let provider = Provider::new([]);
    let mut options = options(provider.transport(), endpoint(Scheme::None));
    let twice = endpoint(Scheme::None);
    options.reach = Reach { endpoints: vec![twice.clone(), twice] };
    assert_eq!(Session::new(options).unwrap_err().reason, "duplicate-endpoint");
}
