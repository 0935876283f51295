//! The transport over sockets, against servers on the loopback address.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use doorward_core::Scheme;
use doorward_http::{
    CallEnd, CallOptions, Mode, ReqwestTransport, Session, Transport, TransportOptions,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

fn open(origin: String, ca_file: Option<Vec<u8>>, repeats: u32) -> Session {
    let transport =
        ReqwestTransport::new(TransportOptions { ca_file, ..TransportOptions::default() }).unwrap();
    let mut endpoint = endpoint(Scheme::None);
    endpoint.origin = origin;
    endpoint.named_by_connection = true;
    let transport: Arc<dyn Transport> = Arc::new(transport);
    let mut options = options(transport, endpoint);
    options.limits.repeats = repeats;
    Session::new(options).unwrap()
}

fn call(session: &Session) -> doorward_http::Call {
    session.call(CallOptions::new(Mode::Live, Duration::from_secs(20)))
}

/// Answers each connection's first request with these bytes, and closes.
async fn serve(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_head(&mut stream).await;
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    address
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn an_answer_over_a_socket() {
    let address = serve(b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\n{}").await;
    let session = open(format!("http://localhost:{}", address.port()), None, 0);
    let response = plain(&call(&session), get()).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, &b"{}"[..]));
    assert_eq!(response.header("x-a"), Some("b"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_below_policy() {
    let address =
        serve(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
            .await;
    let session = open(format!("http://{address}"), None, 0);
    let end = plain(&call(&session), get()).await.unwrap_err();
    assert_eq!(error(end).reason, "redirect-denied");
}

#[tokio::test]
async fn a_closed_port() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let session = open(format!("http://{address}"), None, 0);
    let call = call(&session);
    let error = error(plain(&call, post()).await.unwrap_err());
    assert_eq!(error.reason, "connection-refused");
    assert!(error.message.contains(&address.to_string()), "{error}");
    assert!(call.writes().is_empty());
}

#[tokio::test]
async fn answers_that_break_off() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200",
        b"",
    ] {
        let address = serve(answer).await;
        let session = open(format!("http://{address}"), None, 0);
        let error = error(plain(&call(&session), get()).await.unwrap_err());
        assert_eq!(error.reason, "connection-lost");
        assert!(!format!("{error:?}").contains("/things"), "{error:?}");
        let call = call(&session);
        assert!(plain(&call, post()).await.is_err());
        assert!(call.writes()[0].lost);
    }
}

#[tokio::test]
async fn a_reset_is_bridged_for_a_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        read_head(&mut first).await;
        first.set_zero_linger().unwrap();
        drop(first);
        let (mut second, _) = listener.accept().await.unwrap();
        read_head(&mut second).await;
        let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
        second.write_all(answer).await.unwrap();
    });
    let session = open(format!("http://{address}"), None, 1);
    let response = plain(&call(&session), get()).await.unwrap();
    assert_eq!(response.status, 204);
}

#[tokio::test]
async fn private_addresses_that_the_connection_does_not_name() {
    let transport = ReqwestTransport::new(TransportOptions::default()).unwrap();
    let transport: Arc<dyn Transport> = Arc::new(transport);
    for origin in [
        "https://127.0.0.1:1",
        "https://localhost:1",
        "https://0x7f.1:1",
        "https://2130706433:1",
        "https://[::1]:1",
        "https://[::ffff:169.254.169.254]",
        "https://10.0.0.1",
    ] {
        let mut endpoint = endpoint(Scheme::None);
        endpoint.origin = origin.to_owned();
        let session = Session::new(options(transport.clone(), endpoint)).unwrap();
        let end = plain(&call(&session), get()).await.unwrap_err();
        let CallEnd::Denied(error) = end else { panic!("{origin}: {end:?}") };
        assert_eq!(error.reason, "address-not-allowed", "{origin}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let session = open("https://no-such-name.invalid".to_owned(), None, 0);
    let error = error(plain(&call(&session), get()).await.unwrap_err());
    assert_eq!(error.reason, "name-not-resolved", "{error:?}");
}

struct Tls {
    address: SocketAddr,
    certificate: String,
}

async fn serve_tls(names: &[&str]) -> Tls {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
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
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    Tls { address, certificate: made.cert.pem() }
}

#[tokio::test]
async fn certificates() {
    let server = serve_tls(&["localhost"]).await;
    let origin = format!("https://localhost:{}", server.address.port());
    let call_of = |ca_file| call(&open(origin.clone(), ca_file, 3));

    let call = call_of(None);
    let untrusted = error(plain(&call, post()).await.unwrap_err());
    assert_eq!(untrusted.reason, "tls-untrusted-certificate");
    assert!(untrusted.remedy.unwrap().contains("--ca-file"));
    assert!(call.writes().is_empty(), "nothing was sent");

    let trusted = call_of(Some(server.certificate.clone().into_bytes()));
    assert_eq!(plain(&trusted, post()).await.unwrap().status, 200);

    let other = format!("https://127.0.0.1:{}", server.address.port());
    let session = open(other, Some(server.certificate.into_bytes()), 0);
    let error = error(plain(&self::call(&session), get()).await.unwrap_err());
    assert_eq!(error.reason, "tls-untrusted-certificate");
    assert!(error.message.contains("another name"), "{error}");
}

#[tokio::test]
async fn a_port_that_speaks_no_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let session = open(format!("https://{address}"), None, 0);
    let error = error(plain(&call(&session), get()).await.unwrap_err());
    assert_eq!(error.reason, "tls-failure", "{error:?}");
}

#[tokio::test]
async fn no_library_below_logs_a_credential() {
    let (captured, guard) = capture();
    let server = serve_tls(&["localhost"]).await;
    let ca_file = Some(server.certificate.into_bytes());
    let options_of = TransportOptions { ca_file, ..TransportOptions::default() };
    let transport: Arc<dyn Transport> = Arc::new(ReqwestTransport::new(options_of).unwrap());
    let mut endpoint = endpoint(Scheme::Header {
        header: "x-key".to_owned(),
        prefix: "Key ".to_owned(),
        secret: reference(),
    });
    endpoint.origin = format!("https://localhost:{}", server.address.port());
    endpoint.named_by_connection = true;
    let session = Session::new(options(transport, endpoint)).unwrap();
    let body = serde_json::json!("canary-body");
    plain(&call(&session), post().json(body)).await.unwrap();
    drop(guard);
    let text = captured.text();
    assert!(text.contains("status=200"), "{text}");
    assert!(!text.contains("canary"), "{text}");
}

#[test]
fn ca_files() {
    for pem in [&b""[..], b"no certificate"] {
        let options =
            TransportOptions { ca_file: Some(pem.to_vec()), ..TransportOptions::default() };
        assert_eq!(ReqwestTransport::new(options).unwrap_err().reason, "ca-file");
    }
}
