//! A scripted provider within the process, and sessions with it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use bytes::Bytes;
use doorward_core::{
    Clock, Context, Endpoint, Error, ErrorKind, HttpRequest, HttpResponse, Level, Log, Path,
    Random, Reach, Result, Retry, Scheme, SecretPlacement, SecretReference, Timestamp,
};
use doorward_http::{
    Call, CallEnd, CallOptions, Limits, Mode, Secrets, ServiceTransport, Session, SessionOptions,
    Transport, TransportError, TransportErrorKind,
};
use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

pub const SECRET: &str = "canary~S3cret+a&b %c";
pub const TOKEN: &str = "canary-token-";

#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub url: String,
    pub headers: http::HeaderMap,
    pub body: Bytes,
    pub at: Duration,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<String> {
        Some(self.headers.get(name)?.to_str().unwrap().to_owned())
    }
}

#[derive(Clone)]
pub enum Reply {
    Answer(http::Response<Bytes>),
    Fail(TransportErrorKind),
    Never,
}

pub fn status(status: u16) -> Reply {
    answer(status, &[], "{}")
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Reply::Answer(response.body(body.into()).unwrap())
}

pub fn token_answer(token: &str, life: u64) -> Reply {
    let body = serde_json::json!({
        "token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token,
    });
    answer(200, &[], body.to_string())
}

/// Answers from a script; when it has run out, with 200 `{}`, or with a new token.
#[derive(Clone)]
pub struct Provider {
    pub seen: Arc<Mutex<Vec<Seen>>>,
    pub replies: Arc<Mutex<VecDeque<Reply>>>,
    pub tokens: Arc<Mutex<VecDeque<Reply>>>,
    pub latency: Duration,
    start: Instant,
}

impl Provider {
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            seen: Arc::default(),
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
            tokens: Arc::default(),
            latency: Duration::ZERO,
            start: Instant::now(),
        }
    }

    pub fn tokens(self, tokens: impl IntoIterator<Item = Reply>) -> Self {
        self.tokens.lock().unwrap().extend(tokens);
        self
    }

    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    pub fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Requests to the endpoint itself.
    pub fn requests(&self) -> Vec<Seen> {
        let all = self.all();
        all.into_iter().filter(|seen| !is_token(&seen.url)).collect()
    }

    pub fn token_requests(&self) -> Vec<Seen> {
        let all = self.all();
        all.into_iter().filter(|seen| is_token(&seen.url)).collect()
    }

    pub fn transport(&self) -> Arc<dyn Transport> {
        let provider = self.clone();
        let service = tower::service_fn(move |request| provider.clone().answer(request));
        Arc::new(ServiceTransport::new(service, |error: TransportError| error))
    }

    async fn answer(
        self,
        request: http::Request<Bytes>,
    ) -> std::result::Result<http::Response<Bytes>, TransportError> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let reply = if is_token(&url) {
            let mut tokens = self.tokens.lock().unwrap();
            let number = self.token_requests().len();
            tokens.pop_front().unwrap_or_else(|| token_answer(&format!("{TOKEN}{number}"), 3599))
        } else {
            let mut replies = self.replies.lock().unwrap();
            replies.pop_front().unwrap_or_else(|| status(200))
        };
        self.seen.lock().unwrap().push(Seen {
            method: parts.method.to_string(),
            url,
            headers: parts.headers,
            body,
            at: self.start.elapsed(),
        });
        tokio::time::sleep(self.latency).await;
        match reply {
            Reply::Answer(response) => Ok(response),
            Reply::Fail(kind) => Err(TransportError::new(kind, "as scripted")),
            Reply::Never => std::future::pending().await,
        }
    }
}

fn is_token(url: &str) -> bool {
    url.starts_with("https://login.example")
}

pub struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        // Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples.
        Timestamp::from_second(784_111_777).unwrap() + self.0.elapsed()
    }
}

#[derive(Default)]
pub struct Counter(Mutex<u64>);

impl Random for Counter {
    fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 27)
    }
}

#[derive(Default)]
pub struct Lines(pub Mutex<Vec<String>>);

impl Log for Lines {
    fn log(&self, _level: Level, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}

pub fn oauth(placement: SecretPlacement) -> Scheme {
    Scheme::Oauth2ClientSecret {
        token_url: "https://login.example/tenant/token".to_owned(),
        token_url_named_by_connection: false,
        client_id: "client id".to_owned(),
        secret: reference(),
        scope: "https://api.example/.default".to_owned(),
        placement,
    }
}

pub fn reference() -> SecretReference {
    SecretReference { pointer: "/secret".to_owned() }
}

pub fn endpoint(scheme: Scheme) -> Endpoint {
    Endpoint {
        name: "api".to_owned(),
        origin: "https://api.example".to_owned(),
        scheme,
        read_posts: vec!["/lookup".to_owned(), "/v1/$batch".to_owned()],
        claims: vec!["oid".to_owned(), "roles".to_owned()],
        named_by_connection: false,
    }
}

pub fn secrets() -> Secrets {
    [("/secret", SECRET.to_owned().into())].into_iter().collect()
}

pub fn options(transport: Arc<dyn Transport>, endpoint: Endpoint) -> SessionOptions {
    SessionOptions {
        transport,
        reach: Reach { endpoints: vec![endpoint] },
        secrets: secrets(),
        clock: Arc::new(TestClock(Instant::now())),
        random: Arc::new(Counter::default()),
        log: Arc::new(Lines::default()),
        limits: Limits::default(),
    }
}

pub fn session(provider: &Provider) -> Session {
    with(provider, endpoint(oauth(SecretPlacement::Body)))
}

pub fn with(provider: &Provider, endpoint: Endpoint) -> Session {
    Session::new(options(provider.transport(), endpoint)).unwrap()
}

pub fn live(session: &Session) -> Call {
    session.call(CallOptions::new(Mode::Live, Duration::from_secs(600)))
}

pub fn get() -> HttpRequest {
    HttpRequest::get("api", Path::new("/things"))
}

pub fn post() -> HttpRequest {
    HttpRequest::new("api", doorward_core::Method::Post, Path::new("/things"))
        .json(serde_json::json!({"name": "x"}))
}

/// A connector that sends this and gives the answer as it is.
pub async fn plain(
    call: &Call,
    request: HttpRequest,
) -> std::result::Result<HttpResponse, CallEnd> {
    call.run(|cx| {
        let request = request.clone();
        async move { cx.http().send(request).await }
    })
    .await
}

/// A connector that turns 429 and 5xx into errors worth a repeat, as connectors do.
pub async fn strict(call: &Call, request: HttpRequest) -> std::result::Result<u16, CallEnd> {
    call.run(|cx| sent(cx, request.clone())).await
}

async fn sent(cx: Context, request: HttpRequest) -> Result<u16> {
    let response = cx.http().send(request).await?;
    let wait = response
        .header("retry-after")
        .and_then(|text| text.parse::<f64>().ok())
        .map_or(Retry::Backoff, |seconds| Retry::after(Duration::from_secs_f64(seconds)));
    match response.status {
        429 => Err(Error::new(ErrorKind::RateLimited, "slow-down", "Slow down.").retry(wait)),
        500..=599 => Err(Error::new(ErrorKind::Unavailable, "down", "Down.").retry(wait)),
        status => Ok(status),
    }
}

pub fn error(end: CallEnd) -> Error {
    match end {
        CallEnd::Error(error) | CallEnd::Denied(error) | CallEnd::Deadline(error) => error,
        other => panic!("no error: {other:?}"),
    }
}

/// What was logged.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Captures every span and event of this thread, of all crates, until the guard is dropped.
pub fn capture() -> (Captured, tracing::subscriber::DefaultGuard) {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .finish();
    (captured, tracing::subscriber::set_default(subscriber))
}
