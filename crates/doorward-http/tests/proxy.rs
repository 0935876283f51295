//! The transport through proxies on the loopback address. The targets' names mean something only to
//! the proxy, so that an answer proves the way.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

use bytes::Bytes;
use doorward_http::{
    AddressRule, Proxies, ProxyUrl, ReqwestTransport, Transport, TransportError,
    TransportErrorKind, TransportOptions,
};
use futures::StreamExt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const TARGET: &str = "https://graph.example/v1.0/me";

/// A proxy, and the heads of the requests that it got.
struct Proxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// One that answers each request so; with an address behind it, it then connects to that.
    async fn start(answer: &'static str, behind: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    let head = read_head(&mut client).await;
                    seen.lock().unwrap().push(head);
                    client.write_all(answer.as_bytes()).await.unwrap();
                    if let Some(behind) = behind {
                        let mut server = TcpStream::connect(behind).await.unwrap();
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                    let _ = client.shutdown().await;
                });
            }
        });
        Self { address, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A server of `graph.example` over TLS, and the certificate to trust.
async fn serve_tls() -> (SocketAddr, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(["graph.example".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
            let _ = stream.shutdown().await;
        }
    });
    (address, made.cert.pem().into_bytes())
}

fn transport(proxy: &str, ca_file: Option<Vec<u8>>) -> ReqwestTransport {
    let proxy = ProxyUrl::parse(proxy).unwrap();
    let proxies = Proxies {
        https: Some(proxy.clone()),
        http: Some(proxy),
        no_proxy: "direct.invalid".into(),
    };
    ReqwestTransport::new(TransportOptions { ca_file, proxies }).unwrap()
}

/// The body of the answer to a GET, under the strict rule.
async fn get(transport: &ReqwestTransport, url: &str) -> Result<Bytes, TransportError> {
    let request = http::Request::get(url).body(Bytes::new()).unwrap();
    let response = transport.send(request, AddressRule::PublicOnly).await?;
    let mut body = response.into_body();
    let mut whole = Vec::new();
    while let Some(chunk) = body.next().await {
        whole.extend_from_slice(&chunk?);
    }
    Ok(whole.into())
}

const CONNECTED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

#[tokio::test]
async fn https_goes_through_a_tunnel_to_a_name_that_the_proxy_resolves() {
    let (server, certificate) = serve_tls().await;
    let proxy = Proxy::start(CONNECTED, Some(server)).await;
    // The proxy itself may have a private address, whatever the rule says of the target.
    for address in [proxy.address.to_string(), format!("localhost:{}", proxy.address.port())] {
        let transport = transport(&address, Some(certificate.clone()));
        assert_eq!(get(&transport, TARGET).await.unwrap(), "hello");
    }
    let heads = proxy.heads();
    assert_eq!(heads.len(), 2);
    assert!(heads[0].starts_with("CONNECT graph.example:443 HTTP/1.1\r\n"), "{}", heads[0]);
    assert!(!heads[0].to_ascii_lowercase().contains("proxy-authorization"), "{}", heads[0]);
}

#[tokio::test]
async fn a_proxy_gets_its_own_credentials() {
    let (server, certificate) = serve_tls().await;
    let proxy = Proxy::start(CONNECTED, Some(server)).await;
    let transport = transport(&format!("http://user:p%40ss@{}", proxy.address), Some(certificate));
    assert_eq!(get(&transport, TARGET).await.unwrap(), "hello");
    let head = proxy.heads()[0].to_ascii_lowercase();
    // user:p@ss
    assert!(head.contains("proxy-authorization: basic dxnlcjpwqhnz\r\n"), "{head}");
}

#[tokio::test]
async fn plain_http_is_asked_of_the_proxy() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let proxy = Proxy::start(answer, None).await;
    let transport = transport(&proxy.address.to_string(), None);
    assert_eq!(get(&transport, "http://plain.example/a").await.unwrap(), "hello");
    let head = &proxy.heads()[0];
    assert!(head.starts_with("GET http://plain.example/a HTTP/1.1\r\n"), "{head}");
}

#[tokio::test]
async fn what_never_goes_through_a_proxy() {
    let proxy = Proxy::start(CONNECTED, None).await;
    let transport = transport(&proxy.address.to_string(), None);
    for (target, kind) in [
        // Refused by the rule of addresses, which a proxy does not lift.
        ("https://127.0.0.1:1", TransportErrorKind::Address),
        ("https://localhost:1", TransportErrorKind::Address),
        ("https://10.0.0.1", TransportErrorKind::Address),
        ("https://169.254.169.254", TransportErrorKind::Address),
        // An exception of NO_PROXY, which is looked up here.
        ("https://api.direct.invalid", TransportErrorKind::Name),
    ] {
        assert_eq!(get(&transport, target).await.unwrap_err().kind, kind, "{target}");
    }
    assert_eq!(proxy.heads(), [] as [String; 0]);
}

#[tokio::test]
async fn a_proxy_that_refuses() {
    let denied = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    for (answer, kind, said) in [
        (denied, TransportErrorKind::ProxyDenied, "user name and a password"),
        (
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            TransportErrorKind::Proxy,
            "did not connect",
        ),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", TransportErrorKind::Proxy, "did not connect"),
        ("nonsense\r\n\r\n", TransportErrorKind::Proxy, "did not connect"),
        ("", TransportErrorKind::Proxy, "did not connect"),
    ] {
        let proxy = Proxy::start(answer, None).await;
        let transport = transport(&format!("http://canary:canary@{}", proxy.address), None);
        let error = get(&transport, TARGET).await.unwrap_err();
        assert_eq!(error.kind, kind, "{answer}: {error}");
        assert!(error.message.contains(said), "{error}");
        assert!(error.message.contains(&proxy.address.to_string()), "{error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        assert!(!kind.may_have_been_sent());
    }
    let proxy = Proxy::start(denied, None).await;
    let plain = transport(&proxy.address.to_string(), None);
    let error = get(&plain, "http://plain.example/").await.unwrap_err();
    assert_eq!(error.kind, TransportErrorKind::ProxyDenied);
}

#[tokio::test]
async fn a_proxy_that_is_not_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap().to_string();
    drop(listener);
    for (address, said) in
        [(closed.as_str(), "cannot be reached"), ("no-such-proxy.invalid:3128", "cannot be found")]
    {
        let error = get(&transport(address, None), TARGET).await.unwrap_err();
        assert_eq!(error.kind, TransportErrorKind::Proxy, "{address}: {error}");
        assert!(error.message.contains(said) && error.message.contains(address), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_behind_a_proxy_is_judged_as_ever() {
    let (server, _) = serve_tls().await;
    let proxy = Proxy::start(CONNECTED, Some(server)).await;
    let transport = transport(&proxy.address.to_string(), None);
    let error = get(&transport, TARGET).await.unwrap_err();
    assert_eq!(error.kind, TransportErrorKind::Certificate, "{error}");
}
