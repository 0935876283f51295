//! Graph's refusals, read tolerantly and turned into errors (facts §5).

use doorward_core::{Error, ErrorKind, HttpResponse, Retry, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

use crate::fragments::{Meaning, meaning, missing_scopes};
use crate::permissions::Purpose;

const LONGEST_MESSAGE: usize = 600;

/// The reason where PIM is not licensed.
pub(crate) const NOT_LICENSED: &str = "pim-not-licensed";

/// An answer that is not the one asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Denial {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

impl Denial {
    /// Reads whatever came: JSON in either envelope, HTML, or nothing (facts §5.1).
    pub(crate) fn read(response: &HttpResponse, now: Timestamp) -> Self {
        let body: Map<String, Value> = serde_json::from_slice(&response.body).unwrap_or_default();
        let error = body
            .get("error")
            .or_else(|| body.get("odata.error"))
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        Self {
            status: response.status,
            code: text(error.get("code")),
            message: text(error.get("message")),
            request_id: request_id(response, &error),
            retry_after: response.header("retry-after").and_then(|value| retry_after(value, now)),
        }
    }

    /// Codes are compared without regard to case (facts §5.1).
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code)
    }

    /// What the message means, for codes that stand for several situations.
    pub(crate) fn meaning(&self) -> Option<Meaning> {
        meaning(&self.message)
    }

    /// Whether the message names this object.
    pub(crate) fn names(&self, id: &str) -> bool {
        !id.is_empty() && self.message.to_ascii_lowercase().contains(&id.to_ascii_lowercase())
    }

    /// An error that carries the provider's code, request id and message.
    pub(crate) fn error(&self, kind: ErrorKind, reason: &str, message: impl Into<String>) -> Error {
        let error = Error::new(kind, reason, message)
            .provider_code(self.code.clone())
            .request_id(self.request_id.clone());
        if self.message.is_empty() {
            return error.cause(format!("Microsoft Graph answered {}.", self.status));
        }
        error.cause(shortened(&self.message))
    }

    /// What holds for every request, by status and code (facts §5.2); `None` for 400, 403 and 404,
    /// whose meaning depends on what was asked.
    pub(crate) fn general(&self) -> Option<Error> {
        if self.is("Directory_ConcurrencyViolation")
            || (matches!(self.status, 400 | 409) && self.meaning() == Some(Meaning::Concurrency))
        {
            return Some(self.concurrency());
        }
        match self.status {
            400 | 403 | 404 => None,
            401 => Some(self.unauthenticated()),
            409 | 412 | 423 | 424 => Some(
                self.error(
                    ErrorKind::Conflict,
                    "conflict",
                    "The object's present state does not allow the request.",
                )
                .remedy("Read the object again, then decide whether the change is still right."),
            ),
            410 => Some(self.expired()),
            429 => Some(self.throttled()),
            500..=599 => Some(self.unavailable()),
            _ => Some(self.unexpected()),
        }
    }

    /// The error of a read that was refused.
    pub(crate) fn read_error(&self, purpose: &Purpose) -> Error {
        if self.is("Directory_ExpiredPageToken") {
            return self.expired();
        }
        if let Some(error) = self.unlicensed().or_else(|| self.general()) {
            return error;
        }
        match self.status {
            403 => self.missing_permission(&format!("to show {}", purpose.what), purpose.needs),
            404 => self.error(
                ErrorKind::NotFound,
                "not-found",
                format!(
                    "The object does not exist, or is deleted: Microsoft Graph cannot show {}.",
                    purpose.what
                ),
            )
            .remedy("Check the name or id. A new object can take half a minute to be seen."),
            _ => self.error(
                ErrorKind::InvalidRequest,
                "refused-request",
                format!("Microsoft Graph did not accept the request for {}.", purpose.what),
            )
            .remedy("Microsoft's own words are among the causes. If they do not help, report this message."),
        }
    }

    /// PIM where nobody paid for it: reads are refused, too (facts §3.5).
    pub(crate) fn unlicensed(&self) -> Option<Error> {
        let error = || {
            self.error(
                ErrorKind::Unsupported,
                NOT_LICENSED,
                "The tenant has no licence for Privileged Identity Management (PIM), which gives access for a time, or the right to activate it.",
            )
            .remedy("PIM needs Microsoft Entra ID P2 or Microsoft Entra ID Governance. Without it roles are given for good only.")
        };
        self.is("AadPremiumLicenseRequired").then(error)
    }

    /// A 403 that nothing but a missing permission explains. What PIM says that it wants counts more
    /// than what we know of it.
    pub(crate) fn missing_permission(&self, doing: &str, needs: &[&str]) -> Error {
        let listed = missing_scopes(&self.message);
        let needs: Vec<&str> = if listed.is_empty() {
            needs.to_vec()
        } else {
            listed.iter().map(String::as_str).collect()
        };
        self.error(
            ErrorKind::PermissionDenied,
            "missing-permission",
            format!("The application may not do this: Microsoft Graph refused {doing}."),
        )
        .remedy(format!(
            "Grant the app registration one of these application permissions, and admin consent: {}. A new permission works with the next token, within about an hour. An Entra role of the application may allow it, too.",
            needs.join(", ")
        ))
        .attribute("needs", needs)
    }

    fn concurrency(&self) -> Error {
        self.error(
            ErrorKind::Conflict,
            "concurrent-changes",
            "Somebody else changes the same object at this moment.",
        )
        .remedy("Try again in a moment.")
        .retry(Retry::Backoff)
    }

    fn unauthenticated(&self) -> Error {
        self.error(
            ErrorKind::Unauthenticated,
            "token-rejected",
            "Microsoft Graph does not accept the access token.",
        )
        .remedy("Try again. If it stays so, look at the application's sign-in logs in the Microsoft Entra admin center.")
    }

    fn expired(&self) -> Error {
        self.error(
            ErrorKind::CursorExpired,
            "page-expired",
            "Microsoft Graph no longer knows this place in the list.",
        )
        .remedy("Read the list again from its start.")
    }

    fn throttled(&self) -> Error {
        self.error(ErrorKind::RateLimited, "throttled", "Microsoft Graph asks to slow down.")
            .remedy(
                "Try again later. The limit is shared with every other application of the tenant.",
            )
            .retry(self.delay())
    }

    fn unavailable(&self) -> Error {
        self.error(
            ErrorKind::Unavailable,
            "provider-unavailable",
            format!("Microsoft Graph is not available ({}).", self.status),
        )
        .remedy("Try again later. Microsoft 365's service health page tells about outages.")
        .retry(self.delay())
    }

    /// An answer that Graph does not give.
    pub(crate) fn unexpected(&self) -> Error {
        unexpected(&format!("status {}", self.status)).request_id(self.request_id.clone())
    }

    fn delay(&self) -> Retry {
        self.retry_after.map_or(Retry::Backoff, Retry::after)
    }
}

/// An answer that is none of Microsoft Graph's: HTML, half a document, other JSON.
pub(crate) fn unexpected(what: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "unexpected-answer",
        format!("The answer is not one that Microsoft Graph gives ({what})."),
    )
    .remedy("A proxy or captive portal may stand between this host and Microsoft Graph. Open the endpoint from this machine, and look at what answers.")
}

/// Text, or the `value` of a legacy message object (facts §5.1).
fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Object(message)) => text(message.get("value")),
        _ => String::new(),
    }
}

fn request_id(response: &HttpResponse, error: &Map<String, Value>) -> Option<String> {
    let inner = || {
        error
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("innererror"))
            .and_then(|(_, inner)| inner.get("request-id"))
            .and_then(Value::as_str)
    };
    response.header("request-id").or_else(inner).map(str::to_owned)
}

/// Seconds, also with a fraction (facts §6), or an HTTP date.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Duration::try_from(time.duration_since(now)).unwrap_or(Duration::ZERO))
}

fn shortened(message: &str) -> String {
    if message.chars().count() <= LONGEST_MESSAGE {
        return message.to_owned();
    }
    message.chars().take(LONGEST_MESSAGE).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::READ_USERS;

    fn now() -> Timestamp {
        "2026-11-23T08:00:00Z".parse().unwrap()
    }

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> HttpResponse {
        HttpResponse {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    fn read(status: u16, headers: &[(&str, &str)], body: &str) -> Denial {
        Denial::read(&response(status, headers, body), now())
    }

    #[test]
    fn every_envelope_is_read() {
        let table = [
            (
                r#"{"error":{"code":"A","message":"m","innerError":{"request-id":"r"}}}"#,
                "A",
                "m",
                Some("r"),
            ),
            (
                r#"{"error":{"code":"A","message":"m","innererror":{"request-id":"r"}}}"#,
                "A",
                "m",
                Some("r"),
            ),
            (r#"{"error":{"code":"A","message":null}}"#, "A", "", None),
            (r#"{"error":{"code":"","message":""}}"#, "", "", None),
            (r#"{"odata.error":{"code":"A","message":{"lang":"en","value":"m"}}}"#, "A", "m", None),
            ("<html>", "", "", None),
            ("", "", "", None),
            (r#"{"error":"text"}"#, "", "", None),
        ];
        for (body, code, message, request_id) in table {
            let denial = read(400, &[], body);
            assert_eq!((denial.code.as_str(), denial.message.as_str()), (code, message), "{body}");
            assert_eq!(denial.request_id.as_deref(), request_id, "{body}");
        }
        assert!(
            read(400, &[], r#"{"error":{"code":"request_badREQUEST"}}"#).is("Request_BadRequest")
        );
        assert_eq!(read(400, &[("request-id", "h")], "").request_id.as_deref(), Some("h"));
    }

    #[test]
    fn the_wait_is_seconds_a_fraction_or_a_date() {
        let table = [
            ("7", Retry::After { milliseconds: 7_000 }),
            ("2.128", Retry::After { milliseconds: 2_128 }),
            ("Mon, 23 Nov 2026 08:00:30 GMT", Retry::After { milliseconds: 30_000 }),
            ("Mon, 23 Nov 2026 07:00:00 GMT", Retry::After { milliseconds: 0 }),
            ("soon", Retry::Backoff),
            ("-1", Retry::Backoff),
        ];
        for (header, expected) in table {
            let error = read(429, &[("retry-after", header)], "").read_error(&READ_USERS);
            assert_eq!((error.kind, error.retry), (ErrorKind::RateLimited, expected), "{header}");
        }
        assert_eq!(read(429, &[], "").read_error(&READ_USERS).retry, Retry::Backoff);
    }

    #[test]
    fn reads_are_explained_by_status_and_code() {
        let body = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#);
        let table = [
            (400, "Request_BadRequest", ErrorKind::InvalidRequest, "refused-request", Retry::Never),
            (
                400,
                "Directory_ConcurrencyViolation",
                ErrorKind::Conflict,
                "concurrent-changes",
                Retry::Backoff,
            ),
            (
                400,
                "Directory_ExpiredPageToken",
                ErrorKind::CursorExpired,
                "page-expired",
                Retry::Never,
            ),
            (
                401,
                "InvalidAuthenticationToken",
                ErrorKind::Unauthenticated,
                "token-rejected",
                Retry::Never,
            ),
            (
                403,
                "Authorization_RequestDenied",
                ErrorKind::PermissionDenied,
                "missing-permission",
                Retry::Never,
            ),
            (404, "Request_ResourceNotFound", ErrorKind::NotFound, "not-found", Retry::Never),
            (
                409,
                "Directory_ConcurrencyViolation",
                ErrorKind::Conflict,
                "concurrent-changes",
                Retry::Backoff,
            ),
            (409, "Conflict", ErrorKind::Conflict, "conflict", Retry::Never),
            (410, "", ErrorKind::CursorExpired, "page-expired", Retry::Never),
            (500, "UnknownError", ErrorKind::Unavailable, "provider-unavailable", Retry::Backoff),
            (
                503,
                "Directory_ReplicaUnavailable",
                ErrorKind::Unavailable,
                "provider-unavailable",
                Retry::Backoff,
            ),
            (302, "", ErrorKind::Unavailable, "unexpected-answer", Retry::Never),
        ];
        for (status, code, kind, reason, retry) in table {
            let error = read(status, &[], &body(code)).read_error(&READ_USERS);
            assert_eq!(
                (error.kind, error.reason.as_str(), error.retry),
                (kind, reason, retry),
                "{status} {code}"
            );
            assert!(error.message.ends_with('.'), "{}", error.message);
        }
    }
}
