//! One request of a connector, from approval to answer.

use bytes::Bytes;
use doorward_core::{
    Attributes, AuthFailure, AuthStage, Effect, Error, HttpRequest, HttpResponse, Method, Retry,
};
use http::header::{HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use tracing::Instrument;
use url::Url;

use crate::body::{self, BodyError};
use crate::call::{CallState, millis};
use crate::effect::effect;
use crate::prepare::{Prepared, uuid};
use crate::redact::Redactor;
use crate::refusal;
use crate::retry::{COST_OF_NO_CONNECTION, Delays, is_transient, retry_after};
use crate::session::{Credential, EndpointState};
use crate::token::{Token, TokenError, TokenSource};
use crate::wire::{Answer, attempt_span, head, request_id, response};
use crate::writes::leaves_open;
use crate::{CallEnd, Limits, Mode, TransportError, TransportErrorKind, WriteRecord, errors};

/// Why there is no answer for the connector.
pub(crate) enum Stop {
    /// The connector gets this error.
    Failed(Box<Error>),
    /// The call is over.
    Ended(Box<CallEnd>),
}

impl Stop {
    fn end(end: CallEnd) -> Self {
        Self::Ended(Box::new(end))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// The credential of one attempt.
enum Attached {
    Nothing,
    Fixed(HeaderName, HeaderValue),
    Token(Arc<TokenSource>, Arc<Token>),
}

/// Sends a connector's request, as often as it takes.
pub(crate) async fn exchange(
    call: &Arc<CallState>,
    request: HttpRequest,
    limits: Limits,
) -> Result<HttpResponse, Stop> {
    let endpoint = call.session.endpoint(&request.endpoint)?.clone();
    let effect = effect(&request, &endpoint.read_posts)
        .map_err(|error| Stop::end(CallEnd::Denied(error)))?;
    let prepared = Prepared::new(endpoint, effect, request)?;
    not_for_tokens(call, &prepared.url)?;
    admit(call.mode, &prepared)?;
    let mut exchange = Exchange {
        call,
        url: prepared.url.clone(),
        prepared,
        limits,
        delays: None,
        attempt: 0,
        redirects: 0,
        renewed: false,
    };
    loop {
        if let Some(answer) = exchange.once().await? {
            return Ok(response(answer));
        }
    }
}

/// Whether a request says of itself, and is believed, that it only reads. What cannot be told here
/// is refused when it is sent.
pub(crate) fn only_read(call: &CallState, request: &HttpRequest) -> bool {
    let Ok(endpoint) = call.session.endpoint(&request.endpoint) else { return true };
    !matches!(effect(request, &endpoint.read_posts), Ok(Effect::Write))
}

/// The claims that the approved reach lists.
pub(crate) async fn claims(call: &Arc<CallState>, endpoint: &str) -> Result<Attributes, Stop> {
    let endpoint = call.session.endpoint(endpoint)?;
    match &endpoint.credential {
        Credential::Token(source) => {
            let token = obtain(call, source, &mut None).await?;
            Ok(token.claims(&endpoint.claims))
        }
        _ => Ok(Attributes::new()),
    }
}

/// A token endpoint is called by the host alone: its answers are credentials.
fn not_for_tokens(call: &CallState, url: &str) -> Result<(), Stop> {
    let url = Url::parse(url)
        .map_err(|_| errors::violation("path", "A path cannot be sent as it is."))?;
    if !call.session.gives_tokens(&url) {
        return Ok(());
    }
    Err(Stop::end(CallEnd::Denied(errors::violation(
        "token-endpoint",
        "The connector tried to call the token endpoint, which no connector may.",
    ))))
}

/// Stops a write that the call's mode does not let through.
fn admit(mode: Mode, prepared: &Prepared) -> Result<(), Stop> {
    match (mode, prepared.effect) {
        (Mode::Live, _) | (_, Effect::Read) => Ok(()),
        (Mode::Plan, Effect::Write) => Err(Stop::end(CallEnd::Planned(prepared.planned()))),
        (Mode::Read, Effect::Write) => Err(Stop::end(CallEnd::Denied(errors::violation(
            "write-in-read",
            format!(
                "The connector tried to write ({} {}) in a call that only reads.",
                prepared.method.name(),
                prepared.template
            ),
        )))),
    }
}

struct Exchange<'a> {
    call: &'a Arc<CallState>,
    prepared: Prepared,
    limits: Limits,
    /// Where to; another than the prepared one after a redirect.
    url: String,
    delays: Option<Delays>,
    attempt: u64,
    redirects: u32,
    /// Whether the token was renewed after a 401.
    renewed: bool,
}

impl Exchange<'_> {
    fn endpoint(&self) -> &EndpointState {
        &self.prepared.endpoint
    }

    /// One attempt; `None` means: once more.
    async fn once(&mut self) -> Result<Option<Answer>, Stop> {
        let attached = self.attach().await?;
        self.attempt += 1;
        let endpoint = self.prepared.endpoint.clone();
        let host = endpoint.origin.host();
        let span =
            attempt_span(self.prepared.method.name(), host, &self.prepared.template, self.attempt);
        let id = uuid(self.call.session.random.as_ref());
        let record = (self.prepared.effect == Effect::Write).then(|| self.record(id.clone()));
        if let (Some(record), Some(before_write)) = (&record, &self.call.before_write) {
            before_write(record).map_err(|error| Stop::end(CallEnd::Denied(error)))?;
        }
        match self.send(&attached, &id, record).instrument(span).await {
            Ok(answer) => self.judge(answer, attached).await,
            Err(BodyError::Rule(error)) => Err(Stop::Failed(error)),
            Err(BodyError::Transport(error)) => {
                let read = self.prepared.effect == Effect::Read;
                if error.kind.may_have_been_sent() && !read {
                    let error = errors::transport(host, &error);
                    return Err(error.retry(Retry::Never).into());
                }
                retry_transport(self.call, host, &error, &mut self.delays).await?;
                Ok(None)
            }
        }
    }

    async fn attach(&mut self) -> Result<Attached, Stop> {
        match &self.prepared.endpoint.credential {
            Credential::None => Ok(Attached::Nothing),
            Credential::Fixed { name, value, .. } => {
                Ok(Attached::Fixed(name.clone(), value.clone()))
            }
            Credential::Token(source) => {
                let token = obtain(self.call, source, &mut self.delays).await?;
                Ok(Attached::Token(source.clone(), token))
            }
        }
    }

    async fn send(
        &self,
        attached: &Attached,
        id: &str,
        record: Option<WriteRecord>,
    ) -> Result<Answer, BodyError> {
        let call = self.call;
        let request = self.request(id, attached).map_err(BodyError::rule)?;
        let write = record.map(|record| call.writes.begin(record));
        let record = |change: &dyn Fn(&mut WriteRecord)| {
            if let Some(write) = write {
                call.writes.update(write, change);
            }
        };
        let response = match head(&call.session, request, self.endpoint().addresses).await {
            Ok(response) => response,
            Err(error) => {
                if let Some(write) = write
                    && !error.kind.may_have_been_sent()
                {
                    call.writes.forget(write);
                }
                return Err(BodyError::Transport(error));
            }
        };
        let (parts, stream) = response.into_parts();
        let status = parts.status.as_u16();
        let redactor = self.redactor(attached);
        call.remember(redactor);
        // Everything that is told of the answer comes from these; its coding must stay as it came.
        let mut headers = parts.headers.clone();
        redactor.headers(parts.status, &mut headers);
        record(&|record| {
            record.status = Some(status);
            record.request_id = request_id(&headers);
            // A success speaks for its parts only once its body is read.
            record.lost = leaves_open(status) || parts.status.is_success();
        });
        let host = self.endpoint().origin.host();
        let body = body::read(stream, &parts.headers, &self.limits, host).await?;
        record(&|record| record.lost = leaves_open(status));
        Ok(Answer { status, headers, body: redactor.body(parts.status, body) })
    }

    /// What must not be told of an answer to a request with this credential.
    fn redactor<'a>(&'a self, attached: &'a Attached) -> &'a Redactor {
        match (attached, &self.prepared.endpoint.credential) {
            (Attached::Token(_, token), _) => &token.redactor,
            (_, Credential::Fixed { redactor, .. }) => redactor,
            _ => const { &Redactor::NONE },
        }
    }

    fn request(&self, id: &str, attached: &Attached) -> Result<http::Request<Bytes>, Error> {
        let unfit = || errors::violation("path", "A path cannot be sent as it is.");
        let mut request = http::Request::builder()
            .method(self.prepared.method.name())
            .uri(&self.url)
            .body(self.prepared.body.clone())
            .map_err(|_| unfit())?;
        let headers = request.headers_mut();
        *headers = self.prepared.headers.clone();
        headers.insert("client-request-id", HeaderValue::from_str(id).map_err(|_| unfit())?);
        match attached {
            Attached::Nothing => None,
            Attached::Fixed(name, value) => headers.insert(name, value.clone()),
            Attached::Token(_, token) => {
                headers.insert(http::header::AUTHORIZATION, token.header.clone())
            }
        };
        Ok(request)
    }

    fn record(&self, id: String) -> WriteRecord {
        let prepared = &self.prepared;
        WriteRecord {
            endpoint: prepared.endpoint.name.clone(),
            method: prepared.method,
            url: self.url.clone(),
            template: prepared.template.clone(),
            digest: prepared.digest.clone(),
            sent: self.call.session.clock.now(),
            client_request_id: id,
            status: None,
            request_id: None,
            lost: true,
        }
    }

    /// What an answer means: for the connector, for another attempt, or the end of the call.
    async fn judge(&mut self, answer: Answer, attached: Attached) -> Result<Option<Answer>, Stop> {
        let read = self.prepared.effect == Effect::Read;
        match answer.status {
            401 => self.unauthorised(answer, attached),
            301 | 302 | 303 | 307 | 308 if read && self.prepared.method == Method::Get => {
                self.redirected(answer)
            }
            status if read && is_transient(status) => {
                let wait = answer
                    .headers
                    .get(RETRY_AFTER)
                    .and_then(|value| value.to_str().ok())
                    .and_then(|text| retry_after(text, self.call.session.clock.now()));
                let delay = delays(self.call, &mut self.delays).after(wait);
                let host = self.endpoint().origin.host();
                let what = format!("{host} answered with HTTP {status}.");
                Ok((!pause(self.call, 1, delay, what).await).then_some(answer))
            }
            _ => Ok(Some(answer)),
        }
    }

    fn unauthorised(&mut self, answer: Answer, attached: Attached) -> Result<Option<Answer>, Stop> {
        match attached {
            // Nothing was refused: there is no credential.
            Attached::Nothing => return Ok(Some(answer)),
            Attached::Token(source, token) if !self.renewed => {
                self.renewed = true;
                let challenge = refusal::challenge(&answer.headers);
                let claims = challenge.as_deref().and_then(refusal::wanted_claims);
                source.drop_token(&token, claims);
                return Ok(None);
            }
            Attached::Token(..) | Attached::Fixed(..) => {}
        }
        Err(Stop::end(CallEnd::AuthFailed(AuthFailure {
            endpoint: self.endpoint().name.clone(),
            stage: AuthStage::Endpoint,
            status: answer.status,
            body: refusal::object(&answer.body),
            challenge: refusal::challenge(&answer.headers),
            request_id: request_id(&answer.headers),
        })))
    }

    /// Follows a redirect within the endpoint's origin (RFC 9110 §15.4). Only a GET's: the target of
    /// a POST was not approved as one that only reads.
    fn redirected(&mut self, answer: Answer) -> Result<Option<Answer>, Stop> {
        let origin = &self.prepared.endpoint.origin;
        let host = origin.host();
        let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let Some(location) = location else {
            return Ok(Some(answer));
        };
        let target = Url::parse(&self.url)
            .and_then(|url| url.join(location))
            .map_err(|_| errors::violation("redirect", format!("{host} redirected to nowhere.")))?;
        if !origin.holds(&target) {
            let to = target.origin().ascii_serialization();
            return Err(Stop::end(CallEnd::Denied(
                errors::denied(
                    "redirect-denied",
                    format!("{host} redirected to {to}, which is not the endpoint's origin."),
                )
                .remedy("If the provider has moved, the connection must name its new address."),
            )));
        }
        self.redirects += 1;
        if self.redirects > self.limits.redirects {
            return Err(errors::violation(
                "too-many-redirects",
                format!("{host} redirected more than {} times.", self.redirects - 1),
            )
            .into());
        }
        let query = target.query().map(|query| format!("?{query}"));
        let path = format!("{}{}", target.path(), query.unwrap_or_default());
        self.url = origin.join(&path)?;
        not_for_tokens(self.call, &self.url)?;
        Ok(None)
    }
}

/// A token, as often as it takes.
async fn obtain(
    call: &Arc<CallState>,
    source: &Arc<TokenSource>,
    delays: &mut Option<Delays>,
) -> Result<Arc<Token>, Stop> {
    loop {
        match source.get(&call.session).await {
            Ok(token) => return Ok(token),
            Err(TokenError::Refused { failure, again }) => {
                let what = format!("{} does not know the new secret yet.", source.host());
                match again {
                    Some(wait) if pause(call, 1, wait, what).await => {}
                    _ => return Err(Stop::end(CallEnd::AuthFailed(*failure))),
                }
            }
            // Where secrets are kept is no connector's business.
            Err(TokenError::Secret(error)) => return Err(Stop::end(CallEnd::Error(*error))),
            Err(TokenError::Broken(error)) => return Err(Stop::Failed(error)),
            Err(TokenError::Busy { status, wait }) => {
                let delay = self::delays(call, delays).after(wait);
                let error = errors::token_busy(source.host(), status, wait);
                if !pause(call, 1, delay, error.message.clone()).await {
                    return Err(error.into());
                }
            }
            Err(TokenError::Transport(error)) => {
                retry_transport(call, source.host(), &error, delays).await?;
            }
        }
    }
}

/// Waits before the next attempt after a failure of the transport.
///
/// # Errors
/// When there is none: the failure itself.
async fn retry_transport(
    call: &CallState,
    host: &str,
    error: &TransportError,
    delays: &mut Option<Delays>,
) -> Result<(), Stop> {
    use TransportErrorKind::{
        Address, Body, Certificate, Connect, Lost, Name, NotHttp, Proxy, ProxyDenied, Refused, Tls,
    };
    let cost = match error.kind {
        Address => {
            return Err(Stop::end(CallEnd::Denied(errors::transport(host, error))));
        }
        Certificate | NotHttp | ProxyDenied | Tls => None,
        Name | Refused | Connect | Proxy => Some(COST_OF_NO_CONNECTION),
        Lost | Body => Some(1),
    };
    let failed = errors::transport(host, error);
    if let Some(cost) = cost {
        let delay = self::delays(call, delays).next();
        if pause(call, cost, delay, failed.message.clone()).await {
            return Ok(());
        }
    }
    Err(failed.into())
}

fn delays<'a>(call: &CallState, delays: &'a mut Option<Delays>) -> &'a mut Delays {
    delays.get_or_insert_with(|| Delays::new(call.session.random.as_ref()))
}

/// Waits, when the budget allows another attempt; says whether it did.
async fn pause(call: &CallState, cost: u32, delay: Duration, what: String) -> bool {
    if !call.budget.take(cost, delay) {
        return false;
    }
    tracing::debug!(target: "doorward_http", wait_ms = millis(delay), "request repeated");
    call.trouble(what);
    sleep(delay).await;
    true
}
