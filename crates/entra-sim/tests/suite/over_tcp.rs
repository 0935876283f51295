//! The same over sockets: HTTP/1.1, TLS, broken connections.

use std::sync::Arc;
use std::time::Duration;

use entra_sim::{Answer, Fault, Matcher, SelfSigned, Settings, Size, cast, serve};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Client, form};

/// Sends one request and reads until the server closes.
async fn exchange(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A broken connection is part of what is tested.
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer))
        .await
        .expect("no close");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn start(tls: Option<rustls::ServerConfig>) -> (Client, u16, tokio::task::JoinHandle<()>) {
    let mut client = Client::new(&Size::default(), Settings::default());
    client.become_holder_of(&cast::GUIDE_ROLES).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let simulator = client.simulator.clone();
    let serving = tokio::spawn(async move { serve(listener, simulator, tls).await.unwrap() });
    (client, port, serving)
}

fn get(client: &Client, port: u16, target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        client.token.as_ref().unwrap()
    )
}

#[tokio::test]
async fn plain_http_signs_in_lists_and_links_to_itself() {
    let (client, port, serving) = start(None).await;
    let connect = async || TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let body = form(cast::CLIENT_ID, cast::SECRET).replace("graph.microsoft.com", "localhost");
    let request = format!(
        "POST /contoso.com/oauth2/v2.0/token HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let answer = exchange(&mut connect().await, &request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("access_token"), "{answer}");
    let answer = exchange(&mut connect().await, &get(&client, port, "/v1.0/users?$top=2")).await;
    assert!(answer.contains(&format!(
        "\"@odata.nextLink\":\"http://localhost:{port}/v1.0/users?$top=2&$skiptoken="
    )));
    serving.abort();
    let _ = serving.await;
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "dropping ends it");
}

#[tokio::test]
async fn resets_and_broken_bodies_are_real() {
    let (client, port, _serving) = start(None).await;
    let connect = async || TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let once = |what| client.simulator.inject(Fault { when: Matcher::once("/users"), what });
    once(Answer::ResetBefore);
    assert_eq!(exchange(&mut connect().await, &get(&client, port, "/v1.0/users")).await, "");
    once(Answer::TruncatedBody);
    let answer = exchange(&mut connect().await, &get(&client, port, "/v1.0/users")).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2, "{answer}");
}

#[tokio::test]
async fn tls_with_a_certificate_of_our_own() {
    let own = SelfSigned::generate(["localhost", "127.0.0.1"]).unwrap();
    let (client, port, _serving) = start(Some(own.server_config.clone())).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(own.certificate_pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let mut stream =
        connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    let answer = exchange(&mut stream, &get(&client, port, "/v1.0/organization")).await;
    assert!(answer.contains("Contoso"), "{answer}");
    assert!(
        answer.contains(&format!("https://localhost:{port}/v1.0/$metadata#organization")),
        "{answer}"
    );
}
