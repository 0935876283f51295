//! HTTP as a connector sees it: an endpoint's name, a path, and nothing about credentials.

use async_trait::async_trait;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Attributes, Result};

/// The HTTP methods that connectors use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Changes, or reads where the approved reach says so.
    Post,
    /// Changes.
    Put,
    /// Changes.
    Patch,
    /// Changes.
    Delete,
}

impl Method {
    /// The method's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Whether a request reads or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// May change something.
    Write,
}

/// What must be encoded within one path segment or query value. Stricter than RFC 3986 asks, so
/// that no value can end its segment, start a query, or be read differently by a gateway.
const VALUE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What must be encoded in a query value: as [`VALUE`], but `,`, `/`, `:`, `=`, `@`, `(`, `)` and
/// `'` stay readable.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A path below an endpoint's origin, with its query, and the template that names its shape in
/// logs and in the approved reach.
///
/// ```
/// use doorward_core::Path;
/// let path = Path::new("/v1.0/groups").value("a/b").literal("members").query("$top", "999");
/// assert_eq!(path.as_str(), "/v1.0/groups/a%2Fb/members?$top=999");
/// assert_eq!(path.template(), "/v1.0/groups/{}/members");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Path {
    path: String,
    template: String,
}

impl Path {
    /// Starts with fixed text, which must begin with `/` and come from the connector's source.
    pub fn new(literal: &'static str) -> Self {
        Self { path: literal.to_owned(), template: literal.to_owned() }
    }

    /// A path that [`Http::relative`] gave, or one that was kept in a cursor; `template` names its
    /// shape. It is sent byte for byte.
    pub fn resumed(path: impl Into<String>, template: impl Into<String>) -> Self {
        Self { path: path.into(), template: template.into() }
    }

    /// Adds a fixed segment from the connector's source.
    #[must_use]
    pub fn literal(mut self, segment: &'static str) -> Self {
        for text in [&mut self.path, &mut self.template] {
            text.push('/');
            text.push_str(segment);
        }
        self
    }

    /// Adds a segment whose text comes from elsewhere; it is percent-encoded, so that it stays one
    /// segment. A segment of dots is encoded too, but that alone would not keep it from climbing:
    /// URL parsers read `%2E%2E` as `..` (WHATWG URL §4.4). The host refuses to send a path with
    /// such a segment, as a `ContractViolation`.
    #[must_use]
    pub fn value(mut self, segment: &str) -> Self {
        self.path.push('/');
        if matches!(segment, "." | "..") {
            self.path.push_str(&segment.replace('.', "%2E"));
        } else {
            self.path.extend(utf8_percent_encode(segment, VALUE));
        }
        self.template.push_str("/{}");
        self
    }

    /// Adds `name('value')` to the last segment, OData's key by alternate property. Quotes in the
    /// value are doubled.
    #[must_use]
    pub fn key(mut self, name: &'static str, value: &str) -> Self {
        let quoted = value.replace('\'', "''");
        self.path.push_str(&format!("({name}='{}')", utf8_percent_encode(&quoted, VALUE)));
        self.template.push_str(&format!("({name}={{}})"));
        self
    }

    /// Adds a query parameter; the value is percent-encoded. The template holds no query.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: &str) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(name);
        self.path.push('=');
        self.path.extend(utf8_percent_encode(value, QUERY));
        self
    }

    /// The path with its query, as sent.
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// The shape: every value replaced by `{}`, without the query.
    pub fn template(&self) -> &str {
        &self.template
    }
}

/// One request to an endpoint of the approved reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpRequest {
    /// The name of an endpoint of the connector's [`Reach`](crate::Reach).
    pub endpoint: String,
    /// The method.
    pub method: Method,
    /// Where.
    pub path: Path,
    /// Whether it changes something. By default the method decides. A POST that says `Read` is
    /// believed only when its path template is among the endpoint's approved `read_posts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Further headers. A request that sets one of the host's is refused as a `ContractViolation`:
    ///
    /// - the header of the endpoint's credential, `Authorization`, `Proxy-Authorization`, `Cookie`;
    /// - `Host`, `User-Agent`, `Client-Request-Id`, `Accept-Encoding`;
    /// - `Content-Length`, `Content-Encoding`, `Transfer-Encoding`, `TE`, `Trailer`, `Expect`;
    /// - `Connection`, `Keep-Alive`, `Proxy-Connection`, `Upgrade`;
    /// - `Forwarded`, `Via`, and every name that begins with `X-Forwarded-`;
    /// - `X-HTTP-Method`, `X-HTTP-Method-Override`, `X-Method-Override`.
    ///
    /// A `Content-Type` must name a JSON type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
}

impl HttpRequest {
    /// A GET.
    pub fn get(endpoint: &str, path: Path) -> Self {
        Self::new(endpoint, Method::Get, path)
    }

    /// A request without a body.
    pub fn new(endpoint: &str, method: Method, path: Path) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            method,
            path,
            effect: None,
            headers: Vec::new(),
            body: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a JSON body.
    #[must_use]
    pub fn json(mut self, body: serde_json::Value) -> Self {
        self.body = Some(body);
        self
    }
}

/// The provider's answer, whatever its status.
///
/// Where the provider quotes the request's credential, the answer holds `[redacted]` instead: in
/// the body and the headers of a refusal or a failure, and in the headers of a success. (A password
/// of less than 16 bytes stays in the headers of a success, where it may be a word of a link.)
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body, inflated, within the host's limits. That of a success is as the provider sent it.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first header of this name; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The most requests that [`Http::send_all`] sends at once.
pub const MOST_AT_ONCE: usize = 64;

/// HTTP for connectors. The host attaches credentials, holds requests to the approved reach,
/// retries what may be repeated, and paces.
///
/// A call ends early, and the future of [`send`](Self::send) never completes, in plan mode at the
/// first write, when the provider refuses the credential, when a request leaves the approved
/// reach, at the deadline, and when the operator cancels: the host drops the connector's future.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends one request and gives the answer, whatever its status.
    ///
    /// The host has already retried lost connections of reads, and 429 and 5xx answers to reads.
    ///
    /// # Errors
    /// `Unavailable` when no answer came (lost connection, name not resolved, TLS failure),
    /// `Timeout`, `ContractViolation` when the body exceeds the host's limits. After a *write* an
    /// error says nothing about whether it took effect; the host settles it.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse>;

    /// Sends these at once, and gives the answers in the same order: [`MOST_AT_ONCE`] at most, all
    /// of which only read. More of them, or one that writes, end the call as a
    /// `ContractViolation`.
    ///
    /// # Errors
    /// Each as [`send`](Self::send).
    async fn send_all(&self, requests: Vec<HttpRequest>) -> Vec<Result<HttpResponse>>;

    /// Turns a link that the endpoint gave (a next page, a `Location`) into a path, byte for byte.
    ///
    /// # Errors
    /// `ContractViolation` when the link leads to another origin.
    fn relative(&self, endpoint: &str, link: &str) -> Result<String>;

    /// The claims of the current token that the approved reach lists: for reporting, never to
    /// authorise. Empty for schemes without claims.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    async fn claims(&self, endpoint: &str) -> Result<Attributes>;
}
