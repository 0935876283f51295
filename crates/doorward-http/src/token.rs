//! OAuth 2.0 access tokens: fetched once however many wait, kept with a margin, never shown.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use doorward_core::{Attributes, AuthFailure, AuthStage, Endpoint, Error, Result, SecretPlacement};
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
use url::form_urlencoded::byte_serialize;
use zeroize::{Zeroize, Zeroizing};

use crate::body::{self, BodyError};
use crate::origin::{Origin, address_rule, parse_url};
use crate::refusal::{challenge, oauth_error, redact};
use crate::session::{Shared, basic, sensitive};
use crate::wire::{attempt_span, head, request_id};
use crate::{AddressRule, Limits, TransportError, errors, prepare, retry};

/// The most that a token endpoint may answer.
const ANSWER_LIMIT: usize = 1 << 20;

/// A token is replaced this long before its end, or a tenth of its life before, if that is less.
const MARGIN: Duration = Duration::from_secs(300);

/// The life of a token whose answer names none. RFC 6749 §5.1 recommends `expires_in` but does not
/// demand it; five minutes is short enough to be safe, and 401 covers the rest.
const DEFAULT_LIFE: Duration = Duration::from_secs(300);

/// Where an endpoint's tokens come from, and the present one.
pub(crate) struct TokenSource {
    endpoint: String,
    url: String,
    path: String,
    host: String,
    addresses: AddressRule,
    client_id: String,
    secret: SecretString,
    scope: String,
    placement: SecretPlacement,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Token>>,
    // Weak: when all who wait are gone, so is the request.
    flight: Option<WeakShared<BoxFuture<'static, Fetched>>>,
    fetches: u64,
}

/// One access token.
pub(crate) struct Token {
    /// Tells this token from its successors.
    number: u64,
    /// `Bearer …`.
    pub(crate) header: HeaderValue,
    secret: SecretString,
    refresh: Instant,
    end: Instant,
}

type Fetched = Result<Arc<Token>, TokenError>;

/// Why there is no token.
#[derive(Clone)]
pub(crate) enum TokenError {
    /// The provider refuses the credential.
    Refused(Box<AuthFailure>),
    /// The token endpoint cannot answer now.
    Busy { status: u16, wait: Option<Duration> },
    /// No answer came.
    Transport(TransportError),
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
    pub(crate) fn new(
        endpoint: &Endpoint,
        token_url: &str,
        client_id: &str,
        secret: SecretString,
        scope: &str,
        placement: SecretPlacement,
    ) -> Result<Self> {
        let url = parse_url(token_url, endpoint.named_by_connection)?;
        Ok(Self {
            endpoint: endpoint.name.clone(),
            path: url.path().to_owned(),
            addresses: address_rule(endpoint.named_by_connection),
            client_id: client_id.to_owned(),
            secret,
            scope: scope.to_owned(),
            placement,
            state: Mutex::default(),
            url: url.to_string(),
            host: Origin::of(url).host().to_owned(),
        })
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
            (Err(TokenError::Busy { .. } | TokenError::Transport(_)), Some(token)) => Ok(token),
            _ => fetched,
        }
    }

    /// Drops this token, unless it has a successor already.
    pub(crate) fn drop_token(&self, token: &Token) {
        let mut state = self.lock();
        if state.current.as_ref().is_some_and(|current| current.number == token.number) {
            state.current = None;
        }
    }

    /// What the secret's text is replaced by in the provider's refusals.
    pub(crate) fn redact(&self, body: Attributes) -> Attributes {
        redact(body, self.secret.expose_secret())
    }

    fn present(&self) -> Option<Arc<Token>> {
        self.lock().current.clone().filter(|token| Instant::now() < token.end)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fly(self: Arc<Self>, session: Arc<Shared>, number: u64) -> Fetched {
        let span = attempt_span("POST", &self.host, &self.path, number);
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
        let request = self.request(session).ok_or_else(|| {
            TokenError::Broken(Box::new(errors::invalid(
                "token-request",
                "The client id or secret cannot be sent.",
            )))
        })?;
        let response =
            head(session, request, self.addresses).await.map_err(TokenError::Transport)?;
        let (parts, stream) = response.into_parts();
        let mut bytes =
            body::read(stream, &parts.headers, &limits, &self.host).await.map_err(|error| {
                match error {
                    BodyError::Transport(error) => TokenError::Transport(error),
                    BodyError::Rule(error) => TokenError::Broken(error),
                }
            })?;
        let status = parts.status.as_u16();
        let result = if parts.status.is_success() {
            self.token(&bytes, began, number).map_err(|why| TokenError::Broken(Box::new(why)))
        } else {
            Err(self.refusal(session, status, &parts.headers, &bytes))
        };
        bytes.zeroize();
        result
    }

    /// RFC 6749 §4.4.2, with the client's credential as §2.3.1 says.
    fn request(&self, session: &Shared) -> Option<http::Request<Bytes>> {
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
        push("scope", &self.scope);
        let mut authorization = None;
        match self.placement {
            SecretPlacement::Body => {
                push("client_id", &self.client_id);
                push("client_secret", self.secret.expose_secret());
            }
            SecretPlacement::Basic => {
                let encode = |text: &str| {
                    Zeroizing::new(byte_serialize(text.as_bytes()).collect::<String>())
                };
                let secret = encode(self.secret.expose_secret());
                authorization = Some(sensitive(&basic(&encode(&self.client_id), &secret))?);
            }
        }
        let form = Zeroizing::new(form.as_bytes().to_vec());
        let mut request = http::Request::post(&self.url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "gzip")
            .header(USER_AGENT, prepare::USER_AGENT)
            .header("client-request-id", prepare::uuid(session.random.as_ref()))
            .body(Bytes::from_owner(form))
            .ok()?;
        if let Some(value) = authorization {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Some(request)
    }

    fn token(&self, bytes: &[u8], began: Instant, number: u64) -> Result<Token, Error> {
        let broken = |why: &str| {
            errors::violation("token-answer", format!("The token endpoint of {} {why}.", self.host))
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
        let body = self.redact(oauth_error(bytes));
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
        TokenError::Refused(Box::new(AuthFailure {
            endpoint: self.endpoint.clone(),
            stage: AuthStage::Token,
            status,
            body,
            challenge: challenge(headers, self.secret.expose_secret()),
            request_id: request_id(headers),
        }))
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

    /// Cuts the token out of a refusal that quotes it.
    pub(crate) fn redact(&self, body: Attributes) -> Attributes {
        redact(body, self.secret.expose_secret())
    }

    /// Cuts the token out of a refusal's challenge.
    pub(crate) fn challenge(&self, headers: &http::HeaderMap) -> Option<String> {
        challenge(headers, self.secret.expose_secret())
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
