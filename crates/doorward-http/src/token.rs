//! OAuth 2.0 access tokens: fetched once however many wait, kept with a margin, never shown.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use doorward_core::{Attributes, AuthFailure, AuthStage, Error, ErrorKind, Result};
use futures::FutureExt;
use futures::future::{BoxFuture, WeakShared};
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;
use url::form_urlencoded::byte_serialize;
use zeroize::{Zeroize, Zeroizing};

use crate::body::{self, BodyError};
use crate::client::{ClientCredential, Proof};
use crate::origin::host_and_port;
use crate::redact::Redactor;
use crate::refusal::{challenge, oauth_error};
use crate::session::{Shared, sensitive};
use crate::wire::{attempt_span, head, request_id};
use crate::{AddressRule, Limits, Secrets, TransportError, errors, prepare, retry};

/// The most that a token endpoint may answer.
const ANSWER_LIMIT: usize = 1 << 20;

/// A token is replaced this long before its end, or a tenth of its life before, if that is less.
const MARGIN: Duration = Duration::from_secs(300);

/// The life of a token whose answer names none. RFC 6749 §5.1 recommends `expires_in` but does not
/// demand it; five minutes is short enough to be safe, and 401 covers the rest.
const DEFAULT_LIFE: Duration = Duration::from_secs(300);

/// How long a secret that took another's place may be unknown to the provider, whose servers learn of
/// it one after another (graph-facts §1.4).
const SPREADING: Duration = Duration::from_secs(30);

/// When to ask again meanwhile.
const SPREADING_WAIT: Duration = Duration::from_secs(5);

/// How an endpoint's tokens are asked for.
pub(crate) struct TokenOptions {
    /// The endpoint's name.
    pub(crate) endpoint: String,
    pub(crate) url: Url,
    /// Where the token endpoint may be, whatever the endpoint itself may.
    pub(crate) addresses: AddressRule,
    pub(crate) client_id: String,
    pub(crate) credential: ClientCredential,
    pub(crate) secrets: Secrets,
    pub(crate) scope: String,
}

/// Where an endpoint's tokens come from, and the present one.
pub(crate) struct TokenSource {
    options: TokenOptions,
    host: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Token>>,
    // Weak: when all who wait are gone, so is the request.
    flight: Option<WeakShared<BoxFuture<'static, Fetched>>>,
    fetches: u64,
    /// What the endpoint asked the next token to fulfil.
    claims: Option<String>,
    /// The secret that was sent last, and since when it is another than before.
    sent: Option<[u8; 32]>,
    replaced: Option<Instant>,
}

/// One access token.
pub(crate) struct Token {
    /// Tells this token from its successors.
    number: u64,
    /// `Bearer …`.
    pub(crate) header: HeaderValue,
    /// Cuts out the token and the secret that it was given for.
    pub(crate) redactor: Redactor,
    secret: SecretString,
    refresh: Instant,
    end: Instant,
}

type Fetched = Result<Arc<Token>, TokenError>;

/// Why there is no token.
#[derive(Clone)]
pub(crate) enum TokenError {
    /// The provider refuses the credential; `again` when it is so new that it may not be known yet.
    Refused { failure: Box<AuthFailure>, again: Option<Duration> },
    /// The token endpoint cannot answer now.
    Busy { status: u16, wait: Option<Duration> },
    /// No answer came.
    Transport(TransportError),
    /// The secret cannot be had or used.
    Secret(Box<Error>),
    /// The answer makes no sense.
    Broken(Box<Error>),
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    token_type: Option<String>,
    expires_in: Option<Value>,
}

impl TokenSource {
    pub(crate) fn new(options: TokenOptions) -> Self {
        Self { host: host_and_port(&options.url), options, state: Mutex::default() }
    }

    /// Where tokens come from.
    pub(crate) fn url(&self) -> &Url {
        &self.options.url
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The present token, or a new one. Makes one attempt; whoever waits tries again by its own
    /// budget. An attempt goes on as long as anybody waits for it.
    pub(crate) async fn get(self: &Arc<Self>, session: &Arc<Shared>) -> Fetched {
        let flight = {
            let mut state = self.lock();
            if let Some(token) = &state.current
                && Instant::now() < token.refresh
            {
                return Ok(token.clone());
            }
            match state.flight.as_ref().and_then(WeakShared::upgrade) {
                Some(flight) => flight,
                None => {
                    state.fetches += 1;
                    let number = state.fetches;
                    let flight = self.clone().fly(session.clone(), number).boxed().shared();
                    state.flight = flight.downgrade();
                    flight
                }
            }
        };
        let fetched = flight.await;
        // Within the margin the old token still serves.
        match (&fetched, self.present()) {
            (
                Err(
                    TokenError::Busy { .. }
                    | TokenError::Transport(_)
                    | TokenError::Secret(_)
                    | TokenError::Refused { again: Some(_), .. },
                ),
                Some(token),
            ) => Ok(token),
            _ => fetched,
        }
    }

    /// Drops this token, unless it has a successor already. The successor shall fulfil these claims.
    pub(crate) fn drop_token(&self, token: &Token, claims: Option<String>) {
        let mut state = self.lock();
        if state.current.as_ref().is_some_and(|current| current.number == token.number) {
            state.current = None;
            state.claims = claims;
        }
    }

    fn present(&self) -> Option<Arc<Token>> {
        self.lock().current.clone().filter(|token| Instant::now() < token.end)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fly(self: Arc<Self>, session: Arc<Shared>, number: u64) -> Fetched {
        let span = attempt_span("POST", &self.host, self.options.url.path(), number);
        let fetched = self.fetch(&session, number).instrument(span).await.map(Arc::new);
        let mut state = self.lock();
        // Errors are told to those who wait now, and to nobody later.
        state.flight = None;
        if let Ok(token) = &fetched {
            state.current = Some(token.clone());
        }
        drop(state);
        fetched
    }

    async fn fetch(&self, session: &Shared, number: u64) -> Result<Token, TokenError> {
        let began = Instant::now();
        let limits = Limits { compressed: ANSWER_LIMIT, inflated: ANSWER_LIMIT, ..session.limits };
        let broken = |error| TokenError::Broken(Box::new(error));
        let options = &self.options;
        let proof = options
            .credential
            .prove(
                &options.client_id,
                &options.secrets,
                session.clock.as_ref(),
                session.random.as_ref(),
            )
            .map_err(|error| TokenError::Secret(Box::new(error)))?;
        let redactor = proof.redactor.clone();
        self.remember(proof.digest);
        let request = self.request(session, proof).ok_or_else(|| {
            broken(errors::invalid("token-request", "The client id cannot be sent."))
        })?;
        let response =
            head(session, request, self.options.addresses).await.map_err(TokenError::Transport)?;
        let (mut parts, stream) = response.into_parts();
        let mut bytes =
            body::read(stream, &parts.headers, &limits, &self.host).await.map_err(|error| {
                match error {
                    BodyError::Transport(error) => TokenError::Transport(error),
                    BodyError::Rule(error) => TokenError::Broken(error),
                }
            })?;
        if parts.status.is_success() {
            let token = self.token(&bytes, began, number, redactor);
            bytes.zeroize();
            return token.map_err(broken);
        }
        redactor.headers(parts.status, &mut parts.headers);
        let bytes = redactor.body(parts.status, bytes);
        Err(self.refusal(session, parts.status.as_u16(), &parts.headers, &bytes))
    }

    /// Notes when a secret takes the place of another.
    fn remember(&self, digest: Option<[u8; 32]>) {
        let mut state = self.lock();
        if state.sent.is_some() && digest.is_some() && state.sent != digest {
            state.replaced = Some(Instant::now());
        }
        state.sent = digest;
    }

    /// RFC 6749 §4.4.2.
    fn request(&self, session: &Shared, proof: Proof) -> Option<http::Request<Bytes>> {
        let options = &self.options;
        let mut form = Zeroizing::new(String::new());
        let mut push = |name: &str, value: &str| {
            if !form.is_empty() {
                form.push('&');
            }
            form.push_str(name);
            form.push('=');
            form.extend(byte_serialize(value.as_bytes()));
        };
        push("grant_type", "client_credentials");
        push("scope", &options.scope);
        for (name, value) in &proof.fields {
            push(name, value.expose_secret());
        }
        // OpenID Connect Core §5.5, by which Microsoft's continuous access evaluation works. Asked for
        // once: who still wants them says so again, and a token endpoint that refuses them is left be.
        if let Some(claims) = self.lock().claims.take() {
            push("claims", &claims);
        }
        let form = Zeroizing::new(form.as_bytes().to_vec());
        let mut request = http::Request::post(options.url.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "gzip")
            .header(USER_AGENT, prepare::USER_AGENT)
            .header("client-request-id", prepare::uuid(session.random.as_ref()))
            .body(Bytes::from_owner(form))
            .ok()?;
        if let Some(value) = proof.authorization {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Some(request)
    }

    fn token(
        &self,
        bytes: &[u8],
        began: Instant,
        number: u64,
        redactor: Redactor,
    ) -> Result<Token, Error> {
        let broken = |why: &str| {
            let message = format!("The token endpoint of {} {why}.", self.host);
            Error::new(ErrorKind::Unavailable, "token-answer", message)
                .remedy("A proxy or a sign-in page may stand in between. Try from another network.")
        };
        // serde's message could quote the token, so it is not kept.
        let answer: Answer = serde_json::from_slice(bytes)
            .map_err(|_| broken("answered with something that is no token"))?;
        let secret = answer
            .access_token
            .map(SecretString::from)
            .ok_or_else(|| broken("answered without a token"))?;
        // RFC 6749 §7.1: a client must not use a token of a type that it does not understand.
        if !answer.token_type.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err(broken("gave a token that is not a bearer token"));
        }
        let text = Zeroizing::new(format!("Bearer {}", secret.expose_secret()));
        let header =
            sensitive(&text).ok_or_else(|| broken("gave a token that no header can carry"))?;
        let life = answer.expires_in.as_ref().map_or(DEFAULT_LIFE, life);
        Ok(Token {
            number,
            header,
            redactor: redactor.and(secret.clone()),
            secret,
            refresh: began + (life - MARGIN.min(life / 10)),
            end: began + life,
        })
    }

    fn refusal(
        &self,
        session: &Shared,
        status: u16,
        headers: &http::HeaderMap,
        bytes: &[u8],
    ) -> TokenError {
        let body = oauth_error(bytes);
        let code = body.get("error").and_then(Value::as_str);
        // RFC 6749 §4.1.2.1 names these for 5xx that had to be sent otherwise; Entra ID does too
        // (graph-facts §1.4).
        let transient = matches!(code, Some("temporarily_unavailable" | "server_error"));
        if retry::is_transient(status) || transient {
            let wait = headers
                .get(http::header::RETRY_AFTER)
                .and_then(|value| value.to_str().ok())
                .and_then(|text| retry::retry_after(text, session.clock.now()));
            return TokenError::Busy { status, wait };
        }
        let is_new = self.lock().replaced.is_some_and(|since| since.elapsed() < SPREADING);
        let again = (code == Some("invalid_client") && is_new).then_some(SPREADING_WAIT);
        let failure = AuthFailure {
            endpoint: self.options.endpoint.clone(),
            stage: AuthStage::Token,
            status,
            body,
            challenge: challenge(headers),
            request_id: request_id(headers),
        };
        TokenError::Refused { failure: Box::new(failure), again }
    }
}

impl Token {
    /// The claims of these names in the token's payload (RFC 7519 §3); none when the token is not a
    /// JWT. Not verified: they are for reporting only.
    pub(crate) fn claims(&self, names: &[String]) -> Attributes {
        let payload = self
            .secret
            .expose_secret()
            .split('.')
            .nth(1)
            .and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok())
            .and_then(|bytes| serde_json::from_slice::<Attributes>(&bytes).ok())
            .unwrap_or_default();
        payload.into_iter().filter(|(name, _)| names.contains(name)).collect()
    }
}

/// `expires_in` in seconds; some servers send it as text.
fn life(expires_in: &Value) -> Duration {
    let seconds = match expires_in {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // A day is the longest life seen (graph-facts §1.2); a longer one is refreshed sooner.
    let seconds = seconds.unwrap_or(DEFAULT_LIFE.as_secs_f64());
    Duration::from_secs_f64(if seconds.is_finite() { seconds.clamp(0.0, 86_400.0) } else { 0.0 })
}
