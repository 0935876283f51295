//! One opened integration: its approved reach, its secrets, its tokens.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use doorward_core::{Clock, Endpoint, Log, Random, Reach, Result, Scheme};
use http::HeaderValue;
use http::header::{AUTHORIZATION, HeaderName};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use zeroize::Zeroizing;

use crate::client::ClientCredential;
use crate::origin::{Origin, address_rule, parse_url, plainest, same_server};
use crate::redact::Redactor;
use crate::token::{TokenOptions, TokenSource};
use crate::{AddressRule, Call, CallOptions, Secrets, Transport, errors, prepare};

/// Limits of every request of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of an answer's body as sent; 64 MiB.
    pub compressed: usize,
    /// Bytes of an answer's body once inflated; 256 MiB.
    pub inflated: usize,
    /// How often one call may try again, over all its requests; 5.
    pub repeats: u32,
    /// How long nothing may arrive before a connection counts as lost; 100 seconds.
    pub silence: Duration,
    /// How many redirects one request may follow; 5.
    pub redirects: u32,
}

impl Limits {
    /// For one of so many answers that are kept at once; each may have 4 MiB.
    pub(crate) fn shared(self, answers: usize) -> Self {
        let share = |bytes: usize| (bytes / answers.max(1)).max(4 << 20).min(bytes);
        Self { compressed: share(self.compressed), inflated: share(self.inflated), ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            compressed: 64 << 20,
            inflated: 256 << 20,
            repeats: 5,
            silence: Duration::from_secs(100),
            redirects: 5,
        }
    }
}

/// What a session is made of.
pub struct SessionOptions {
    /// What moves the bytes.
    pub transport: Arc<dyn Transport>,
    /// The reach as the operator approved it.
    pub reach: Reach,
    /// The secrets that the reach refers to.
    pub secrets: Secrets,
    /// The dates.
    pub clock: Arc<dyn Clock>,
    /// Ids and jitter.
    pub random: Arc<dyn Random>,
    /// Where connectors log.
    pub log: Arc<dyn Log>,
    /// The limits.
    pub limits: Limits,
}

/// One opened integration. Cheap to clone; the clones share their tokens.
#[derive(Clone)]
pub struct Session(Arc<Shared>);

/// What all calls of a session share.
pub(crate) struct Shared {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) endpoints: BTreeMap<String, Arc<EndpointState>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) limits: Limits,
}

/// One approved endpoint, ready to be called.
pub(crate) struct EndpointState {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) addresses: AddressRule,
    pub(crate) credential: Credential,
    pub(crate) read_posts: Vec<String>,
    pub(crate) claims: Vec<String>,
}

/// How an endpoint's requests are authenticated.
pub(crate) enum Credential {
    None,
    /// A header that never changes.
    Fixed {
        name: HeaderName,
        value: HeaderValue,
        redactor: Redactor,
    },
    Token(Arc<TokenSource>),
}

impl Session {
    /// Opens a session. Touches no network.
    ///
    /// # Errors
    /// `InvalidConnection` when an origin, a token URL or a secret cannot be used: plain HTTP to
    /// anything but a loopback host that the connection names, a user name in a URL, a secret that
    /// is missing or does not fit its header.
    pub fn new(options: SessionOptions) -> Result<Self> {
        let mut endpoints = BTreeMap::new();
        for endpoint in options.reach.endpoints {
            let name = endpoint.name.clone();
            let state = Arc::new(EndpointState::new(endpoint, &options.secrets)?);
            if endpoints.insert(name.clone(), state).is_some() {
                return Err(errors::violation(
                    "duplicate-endpoint",
                    format!("The reach names the endpoint `{name}` twice."),
                ));
            }
        }
        Ok(Self(Arc::new(Shared {
            transport: options.transport,
            endpoints,
            clock: options.clock,
            random: options.random,
            log: options.log,
            limits: options.limits,
        })))
    }

    /// Begins a call; its deadline counts from now.
    pub fn call(&self, options: CallOptions) -> Call {
        Call::new(self.0.clone(), options)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Session")
            .field("endpoints", &self.0.endpoints.keys())
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn endpoint(&self, name: &str) -> Result<&Arc<EndpointState>> {
        self.endpoints.get(name).ok_or_else(|| errors::unknown_endpoint(name))
    }

    /// Whether this is where some endpoint's tokens come from: the host's alone.
    pub(crate) fn gives_tokens(&self, url: &Url) -> bool {
        self.endpoints.values().any(|endpoint| match &endpoint.credential {
            Credential::Token(source) => {
                same_server(source.url(), url) && plainest(source.url()) == plainest(url)
            }
            _ => false,
        })
    }
}

impl EndpointState {
    fn new(endpoint: Endpoint, secrets: &Secrets) -> Result<Self> {
        let named = endpoint.named_by_connection;
        Ok(Self {
            origin: Origin::parse(&endpoint.origin, named)?,
            addresses: address_rule(named),
            credential: Credential::new(&endpoint, secrets)?,
            name: endpoint.name,
            read_posts: endpoint.read_posts,
            claims: endpoint.claims,
        })
    }
}

impl Credential {
    fn new(endpoint: &Endpoint, secrets: &Secrets) -> Result<Self> {
        let find = |pointer: &str| Ok(secrets.get([pointer])?.pop().unwrap_or_default());
        match &endpoint.scheme {
            Scheme::None => Ok(Self::None),
            Scheme::Header { header, prefix, secret } => {
                let pointer = &secret.pointer;
                let secret = find(pointer)?;
                let name = header
                    .parse::<HeaderName>()
                    .ok()
                    .filter(|name| *name == AUTHORIZATION || !prepare::is_reserved(name))
                    .ok_or_else(|| {
                        errors::invalid(
                            "credential-header",
                            format!("`{header}` cannot be the header of a credential."),
                        )
                    })?;
                let text = Zeroizing::new(format!("{prefix}{}", secret.expose_secret()));
                Self::fixed(name, &text, Redactor::NONE.and(secret), pointer)
            }
            Scheme::Basic { username, secret } => {
                let pointer = &secret.pointer;
                let secret = find(pointer)?;
                // RFC 7617 §2: the first colon ends the user name.
                if username.contains(':') {
                    return Err(errors::invalid(
                        "basic-username",
                        "A user name for HTTP Basic cannot hold a colon.",
                    ));
                }
                let pair = basic_pair(username, secret.expose_secret());
                let redactor = Redactor::NONE.and(secret).and(pair.as_str());
                Self::fixed(AUTHORIZATION, &basic(&pair), redactor, pointer)
            }
            Scheme::Oauth2ClientSecret { client_id, secret, scope, placement, .. } => {
                let pointer = secret.pointer.clone();
                let credential = ClientCredential::Secret { pointer, placement: *placement };
                Self::token(endpoint, secrets, client_id, scope, credential)
            }
            Scheme::Oauth2PrivateKeyJwt { client_id, key, password, audience, scope, .. } => {
                for_its_token_url(&endpoint.scheme, audience)?;
                let credential = ClientCredential::PrivateKey {
                    key: key.pointer.clone(),
                    password: password.as_ref().map(|password| password.pointer.clone()),
                    audience: audience.clone(),
                };
                Self::token(endpoint, secrets, client_id, scope, credential)
            }
            Scheme::Oauth2ClientAssertion { client_id, assertion, scope, .. } => {
                let credential = ClientCredential::Assertion { pointer: assertion.pointer.clone() };
                Self::token(endpoint, secrets, client_id, scope, credential)
            }
        }
    }

    /// The tokens of an endpoint whose scheme names where they come from.
    fn token(
        endpoint: &Endpoint,
        secrets: &Secrets,
        client_id: &str,
        scope: &str,
        credential: ClientCredential,
    ) -> Result<Self> {
        credential.expect(secrets)?;
        let (url, named) = endpoint.scheme.token_url().unwrap_or_default();
        Ok(Self::Token(Arc::new(TokenSource::new(TokenOptions {
            endpoint: endpoint.name.clone(),
            url: parse_url(url, named)?,
            addresses: address_rule(named),
            client_id: client_id.to_owned(),
            credential,
            secrets: secrets.clone(),
            scope: scope.to_owned(),
        }))))
    }

    fn fixed(name: HeaderName, text: &str, redactor: Redactor, pointer: &str) -> Result<Self> {
        let value = sensitive(text).ok_or_else(|| {
            errors::invalid(
                "credential-value",
                format!(
                    "The secret at `{pointer}` holds a character that no header can carry, such \
                     as a line break."
                ),
            )
        })?;
        Ok(Self::Fixed { name, value, redactor })
    }
}

/// Whoever gets an assertion can use it at its audience: it goes nowhere else, but by a way that the
/// connection itself names.
///
/// # Errors
/// `ContractViolation`.
fn for_its_token_url(scheme: &Scheme, audience: &str) -> Result<()> {
    let (token_url, named) = scheme.token_url().unwrap_or_default();
    let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin());
    if named || (origin(token_url).is_some() && origin(token_url) == origin(audience)) {
        return Ok(());
    }
    Err(errors::violation(
        "assertion-audience",
        format!(
            "The connector wants to send an assertion for {audience} to {token_url}, where it could \
             be misused."
        ),
    ))
}

/// A header value that debug output never shows.
pub(crate) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// User name and password as HTTP Basic sends them (RFC 7617 §2), in UTF-8.
pub(crate) fn basic_pair(username: &str, password: &str) -> Zeroizing<String> {
    let pair = Zeroizing::new(format!("{username}:{password}"));
    Zeroizing::new(STANDARD.encode(pair.as_bytes()))
}

/// The value of an `Authorization` header for HTTP Basic.
pub(crate) fn basic(pair: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("Basic {pair}"))
}
