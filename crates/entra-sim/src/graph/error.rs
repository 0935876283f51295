//! Graph's error envelope (facts §5.1) and the rows that we answer (facts §2.2, §5.2, §7).

use serde_json::{Map, Value, json};

use crate::tenant::Link;

/// A refusal: status, code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GraphError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// The code of the one detail, which repeats the message.
    pub(super) detail: Option<&'static str>,
    /// In the legacy `odata.error` envelope.
    pub(crate) legacy: bool,
    /// Where to begin again: the header of that name (facts §3.6).
    pub(crate) location: Option<String>,
}

const SCOPE_MISSING: &str = "PermissionScopeNotGranted";

/// What handlers give back.
pub(crate) type Result<T> = std::result::Result<T, GraphError>;

impl GraphError {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        Self { status, code, message, detail: None, legacy: false, location: None }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    pub(crate) fn unsupported_query(message: impl Into<String>) -> Self {
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    pub(crate) fn unauthenticated(message: &str) -> Self {
        Self::new(401, "InvalidAuthenticationToken", message)
    }

    pub(crate) fn denied() -> Self {
        Self::new(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    /// Whether it was refused for lack of authority.
    pub(crate) fn is_denial(&self) -> bool {
        self.status == 401
            || self.code == "Authorization_RequestDenied"
            || self.message.contains(SCOPE_MISSING)
    }

    /// The refusal of PIM and role policies, whose message is JSON (facts §3.5, §9).
    pub(crate) fn scope_missing(code: &str, permissions: &[&str]) -> Self {
        let message = format!(
            "{{\"errorCode\":\"{SCOPE_MISSING}\",\"message\":\"Authorization failed due to missing permission scope \
             {}.\",\"instanceAnnotations\":[]}}",
            permissions.join(",")
        );
        Self::new(403, code, message)
    }

    /// Parallel writes to one object (facts §4, §5.2).
    pub(crate) fn concurrency() -> Self {
        Self::new(
            409,
            "Directory_ConcurrencyViolation",
            "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
        )
    }

    /// Something with these properties exists (facts §3.4, §3.8): 400, or the 409 variant.
    pub(crate) fn conflicting(as_conflict: bool) -> Self {
        let message = "A conflicting object with one or more of the specified property values is present in the \
                       directory.";
        if as_conflict {
            let error = Self::new(409, "Request_MultipleObjectsWithSameKeyValue", message);
            return Self { detail: Some("ConflictingObjects"), ..error };
        }
        Self::bad_request(message)
    }

    pub(crate) fn restricted() -> Self {
        Self::new(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation. Target object is a member of a restricted management \
             administrative unit and can only be modified by administrators scoped to that administrative unit. Check \
             that you are assigned a role that has permission to perform the operation for this restricted management \
             administrative unit. Learn more: https://go.microsoft.com/fwlink/?linkid=2197831",
        )
    }

    pub(crate) fn not_found(id: &str) -> Self {
        Self::new(
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    /// A path that Graph does not have: the segment is named.
    pub(crate) fn no_such_segment(segment: &str) -> Self {
        Self::new(400, "BadRequest", format!("Resource not found for the segment '{segment}'."))
    }

    pub(crate) fn invalid_id(id: &str) -> Self {
        Self::bad_request(format!("Invalid object identifier '{id}'."))
    }

    pub(crate) fn already(link: Link) -> Self {
        Self::bad_request(format!(
            "One or more added object references already exist for the following modified properties: '{}'.",
            link.name()
        ))
    }

    pub(crate) fn not_linked(link: Link) -> Self {
        Self::bad_request(format!(
            "One or more removed object references do not exist for the following modified properties: '{}'.",
            link.name()
        ))
    }

    pub(crate) fn expired_page_token() -> Self {
        Self::new(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        )
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    /// The envelope; `date` has no time zone.
    pub(crate) fn envelope(&self, stamp: &Stamp, lower_case: bool) -> Value {
        let inner = if lower_case { "innererror" } else { "innerError" };
        let mut error = Map::new();
        error.insert("code".into(), json!(self.code));
        error.insert("message".into(), json!(self.message));
        if let Some(detail) = self.detail {
            error.insert("details".into(), json!([{ "code": detail, "message": self.message }]));
        }
        error.insert(
            inner.into(),
            json!({
                "date": stamp.date,
                "request-id": stamp.request_id,
                "client-request-id": stamp.client_request_id,
            }),
        );
        json!({ "error": error })
    }

    /// The envelope of the old directory API, which some answers still have (facts §5.1).
    pub(crate) fn legacy_envelope(&self) -> Value {
        json!({ "odata.error": {
            "code": self.code,
            "message": { "lang": "en", "value": self.message },
        }})
    }
}

/// What identifies an answer.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    pub(crate) date: String,
    pub(crate) request_id: String,
    pub(crate) client_request_id: String,
}
