//! The one error type of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

use crate::Attributes;

/// A result whose error is Doorward's own.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, apart from whether trying again may help ([`Retry`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The connection JSON, or what it refers to, cannot be used.
    InvalidConnection,
    /// The provider does not accept the credential.
    Unauthenticated,
    /// The provider accepts the credential but refuses the operation.
    PermissionDenied,
    /// The object does not exist, or is deleted.
    NotFound,
    /// A name fits several objects.
    Ambiguous,
    /// The resource cannot be changed through this provider interface, whoever asks.
    NotManageable,
    /// The present state of the object forbids the change.
    Conflict,
    /// What came of an earlier change is not known yet, and this must wait for it.
    OutcomeUnknown,
    /// The request makes no sense to the connector or the provider.
    InvalidRequest,
    /// The provider asks to slow down.
    RateLimited,
    /// The provider, or the way to it, is not available.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// The cursor or bookmark is too old: the stream must be read again from its start.
    CursorExpired,
    /// The connector does not offer this operation.
    Unsupported,
    /// The operator's policy refuses.
    DeniedByPolicy,
    /// Connector or provider broke a rule of the contract.
    ContractViolation,
    /// A defect in Doorward.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 17] = [
        Self::InvalidConnection,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::NotFound,
        Self::Ambiguous,
        Self::NotManageable,
        Self::Conflict,
        Self::OutcomeUnknown,
        Self::InvalidRequest,
        Self::RateLimited,
        Self::Unavailable,
        Self::Timeout,
        Self::CursorExpired,
        Self::Unsupported,
        Self::DeniedByPolicy,
        Self::ContractViolation,
        Self::Internal,
    ];

    /// The exit code of the command line and the HTTP status of the server for this kind: the one
    /// table that maps kinds to both.
    pub const fn codes(self) -> (u8, u16) {
        match self {
            Self::Internal => (1, 500),
            Self::ContractViolation => (1, 502),
            Self::InvalidRequest => (2, 400),
            Self::Unsupported => (2, 501),
            Self::InvalidConnection => (3, 422),
            Self::Unauthenticated => (4, 401),
            Self::PermissionDenied => (5, 403),
            Self::NotFound => (6, 404),
            Self::Ambiguous => (7, 409),
            Self::NotManageable => (8, 409),
            Self::Conflict => (8, 409),
            Self::DeniedByPolicy => (9, 403),
            Self::RateLimited => (10, 429),
            Self::Unavailable => (11, 503),
            Self::Timeout => (11, 504),
            Self::OutcomeUnknown => (13, 409),
            Self::CursorExpired => (14, 410),
        }
    }

    /// The kind's name in JSON and logs, e.g. `permission-denied`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidConnection => "invalid-connection",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission-denied",
            Self::NotFound => "not-found",
            Self::Ambiguous => "ambiguous",
            Self::NotManageable => "not-manageable",
            Self::Conflict => "conflict",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::InvalidRequest => "invalid-request",
            Self::RateLimited => "rate-limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::CursorExpired => "cursor-expired",
            Self::Unsupported => "unsupported",
            Self::DeniedByPolicy => "denied-by-policy",
            Self::ContractViolation => "contract-violation",
            Self::Internal => "internal",
        }
    }
}

/// Whether the same call may succeed later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "when")]
pub enum Retry {
    /// Trying again changes nothing.
    #[default]
    Never,
    /// Worth trying again, after a delay that the host chooses.
    Backoff,
    /// Worth trying again, not before this delay is over.
    After {
        /// The delay, in milliseconds.
        milliseconds: u64,
    },
}

impl Retry {
    /// Not before `delay` is over; fractions of a millisecond are rounded up.
    pub fn after(delay: Duration) -> Self {
        let milliseconds = u64::try_from(delay.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        Self::After { milliseconds }
    }
}

/// An error for a person under stress: what happened, to what, why, and what to do now.
///
/// Plain data. It carries the provider's code and request id, never a secret and never a stack
/// trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// A stable code, finer than the kind, e.g. `expired-secret`. Kebab case.
    pub reason: String,
    /// What happened, to what and why: one or two sentences, ending with a full stop.
    pub message: String,
    /// What to do now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Whether the same call may succeed later.
    #[serde(default)]
    pub retry: Retry,
    /// The provider's own error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_code: Option<String>,
    /// The provider's id of the request that failed: what its support asks for first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What lies below, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// More, e.g. the candidates of an ambiguous name.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl Error {
    /// An error that no retry helps.
    pub fn new(kind: ErrorKind, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            reason: reason.into(),
            message: message.into(),
            remedy: None,
            retry: Retry::Never,
            provider_code: None,
            request_id: None,
            causes: Vec::new(),
            attributes: Attributes::new(),
        }
    }

    /// A defect in Doorward.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, "internal", message)
            .remedy("This is a defect in Doorward. Please report it with this message.")
    }

    /// Says what to do now.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Says whether the same call may succeed later.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Adds the provider's own error code, unless it is empty.
    #[must_use]
    pub fn provider_code(mut self, code: impl Into<String>) -> Self {
        self.provider_code = Some(code.into()).filter(|code| !code.is_empty());
        self
    }

    /// Adds the provider's request id.
    #[must_use]
    pub fn request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id;
        self
    }

    /// Adds what lies below.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.attributes.insert(name.to_owned(), value.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
