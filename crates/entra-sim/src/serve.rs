//! The simulator on a socket: HTTP/1.1 and HTTP/2, with or without TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::uri::Uri;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use crate::simulator::{SimulatedFault, Simulator};

/// Graph refuses larger requests.
const LARGEST_REQUEST: usize = 4 * 1024 * 1024;

/// Serves until the future is dropped, which ends all connections too.
///
/// A reset closes the connection without an answer; a truncated body breaks it in the middle.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    simulator: Simulator,
    tls: Option<rustls::ServerConfig>,
) -> io::Result<()> {
    let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            Some(_) = connections.join_next() => continue,
        };
        let (simulator, acceptor) = (simulator.clone(), acceptor.clone());
        connections.spawn(async move {
            match acceptor {
                None => converse(stream, simulator, "http").await,
                // A failed handshake concerns this connection alone.
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(stream, simulator, "https").await;
                    }
                }
            }
        });
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    simulator: Simulator,
    scheme: &'static str,
) {
    let service =
        hyper::service::service_fn(move |request| answer(simulator.clone(), request, scheme));
    // The only errors are a client that left and a fault that we injected.
    let _ =
        Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    mut simulator: Simulator,
    request: Request<Incoming>,
    scheme: &'static str,
) -> Result<Response<Body>, SimulatedFault> {
    let (mut head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_REQUEST).collect().await else {
        let mut refused = Response::new(Body::whole(Bytes::new()));
        *refused.status_mut() = http::StatusCode::PAYLOAD_TOO_LARGE;
        return Ok(refused);
    };
    head.uri = absolute(&head.uri, head.headers.get("host"), scheme);
    match simulator.call(Request::from_parts(head, body.to_bytes())).await {
        Ok(response) => Ok(response.map(Body::whole)),
        Err(SimulatedFault::TruncatedBody { partial, length }) => {
            Ok(partial.map(|data| Body { data: Some(data), length, broken: true, waited: false }))
        }
        Err(fault) => Err(fault),
    }
}

/// The URI with the scheme of the connection and the host that was asked for.
fn absolute(uri: &Uri, host: Option<&HeaderValue>, scheme: &'static str) -> Uri {
    let host = uri
        .authority()
        .map(|authority| authority.as_str().to_owned())
        .or_else(|| host.and_then(|host| host.to_str().ok()).map(str::to_owned))
        .unwrap_or_else(|| "localhost".to_owned());
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    Uri::builder()
        .scheme(scheme)
        .authority(host)
        .path_and_query(target)
        .build()
        .unwrap_or_else(|_| uri.clone())
}

/// A body that may break off.
struct Body {
    data: Option<Bytes>,
    length: usize,
    broken: bool,
    waited: bool,
}

impl Body {
    fn whole(data: Bytes) -> Self {
        Self { length: data.len(), data: Some(data), broken: false, waited: false }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(data) = self.data.take().filter(|data| !data.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if !self.broken {
            return Poll::Ready(None);
        }
        if !self.waited {
            // One round in between lets the part that was given out reach the socket.
            self.waited = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionReset))))
    }

    fn is_end_stream(&self) -> bool {
        !self.broken && self.data.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length as u64)
    }
}
