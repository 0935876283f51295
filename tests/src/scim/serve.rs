//! The service on a socket, for programs that are run beside it.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use std::io;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::Service as _;

use super::{Lost, ScimService};

/// Serves plain HTTP until the future is dropped, which ends all connections too.
pub async fn serve(listener: TcpListener, service: ScimService) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            Some(_) = connections.join_next() => continue,
        };
        let service = service.clone();
        connections.spawn(async move {
            let respond = hyper::service::service_fn(move |request| {
                let service = service.clone();
                async move { respond(service, request).await }
            });
            // Whoever hangs up concerns this connection alone; a lost answer is meant to.
            let _ = Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), respond)
                .await;
        });
    }
}

async fn respond(
    mut service: ScimService,
    request: Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let answered = service.call(Request::from_parts(head, body)).await;
    let response = answered.map_err(|Lost| io::Error::from(io::ErrorKind::ConnectionReset))?;
    Ok(response.map(Full::new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::{BASE, TOKEN};
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn it_answers_over_a_socket() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, ScimService::default()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET {BASE}/Users/u1 HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\
             Connection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"ada\""), "{answer}");
    }
}
