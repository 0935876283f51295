//! What went wrong, for a person under stress: what happened, to what, why, and what to do now.
//!
//! The service's code decides, with its status, else the status. Never its English text: that is only
//! quoted.

use doorward_core::{Attributes, Error, ErrorKind, HttpResponse, Retry};
use serde_json::Value;
use std::time::Duration;

use crate::records::{GO_TO_THE_DIRECTORY, MANAGED_BY_DIRECTORY};

const LONGEST_MESSAGE: usize = 500;

/// What the service says of an error.
#[derive(Default)]
pub(crate) struct Denial {
    pub(crate) code: String,
    message: String,
}

impl Denial {
    /// Read tolerantly: a proxy on the way may answer with something else, or with nothing.
    pub(crate) fn of(body: &Attributes) -> Self {
        let error = body.get("error");
        let text = |name| error?.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            code: text("code").unwrap_or_default(),
            message: text("message").unwrap_or_default(),
        }
    }

    pub(crate) fn read(response: &HttpResponse) -> Self {
        Self::of(&serde_json::from_slice(&response.body).unwrap_or_default())
    }

    /// The service's own words; the status when it has none.
    pub(crate) fn cause(&self, status: u16) -> String {
        if self.message.is_empty() {
            return format!("The answer was {status}.");
        }
        self.message.chars().take(LONGEST_MESSAGE).collect()
    }
}

/// What a denial means to who asked.
struct Meaning {
    kind: ErrorKind,
    reason: &'static str,
    /// Follows "The Teams service ".
    says: &'static str,
    remedy: &'static str,
}

const UNAUTHENTICATED: Meaning = Meaning {
    kind: ErrorKind::Unauthenticated,
    reason: "token-refused",
    says: "does not accept the token",
    remedy: "Make a new token in the Teams service, and put it into the connection.",
};
const PERMISSION_DENIED: Meaning = Meaning {
    kind: ErrorKind::PermissionDenied,
    reason: "missing-permission",
    says: "does not allow it with this token",
    remedy: "Use a token that may do this: in the Teams service, a robot may be let write.",
};
const NOT_FOUND: Meaning = Meaning {
    kind: ErrorKind::NotFound,
    reason: "not-found",
    says: "does not know it",
    remedy: "Check the id, and that base_url ends with the path of the service, such as /api/v1.",
};
const MANAGED: Meaning = Meaning {
    kind: ErrorKind::NotManageable,
    reason: MANAGED_BY_DIRECTORY,
    says: "does not change a team that is filled from a directory",
    remedy: GO_TO_THE_DIRECTORY,
};
const CONFLICT: Meaning = Meaning {
    kind: ErrorKind::Conflict,
    reason: "conflict",
    says: "says that the present state does not allow it",
    remedy: "Read the object again, then decide whether the change is still right.",
};
const CURSOR_EXPIRED: Meaning = Meaning {
    kind: ErrorKind::CursorExpired,
    reason: "cursor-expired",
    says: "does not know the place in the list any more",
    remedy: "Read the list again from its beginning.",
};
const RATE_LIMITED: Meaning = Meaning {
    kind: ErrorKind::RateLimited,
    reason: "throttled",
    says: "asks to slow down",
    remedy: "Wait, then try again.",
};
const UNAVAILABLE: Meaning = Meaning {
    kind: ErrorKind::Unavailable,
    reason: "service-unavailable",
    says: "failed",
    remedy: "Try again in a moment. If it stays so, ask those who run the service.",
};
const REFUSED: Meaning = Meaning {
    kind: ErrorKind::InvalidRequest,
    reason: "refused-request",
    says: "did not accept the request",
    remedy: "Its own words are among the causes. If they do not help, report this message.",
};
const UNEXPECTED: Meaning = Meaning {
    kind: ErrorKind::ContractViolation,
    reason: "unexpected-answer",
    says: "gave an answer that its API does not know",
    remedy: "Check that base_url is the address of the API, such as https://teams.example/api/v1, and \
             not of a page for people.",
};

fn meaning(code: &str, status: u16) -> Meaning {
    match (code, status) {
        ("invalid_cursor", 400) => CURSOR_EXPIRED,
        ("managed_by_directory", 409) => MANAGED,
        ("not_found", 404) => NOT_FOUND,
        // Any other 404 comes from a wrong address, or from a gateway. It must not say that somebody
        // is not there: that reads as "has no access", and after a revoke as "is removed".
        (_, 404) => UNEXPECTED,
        (_, 401) => UNAUTHENTICATED,
        (_, 403) => PERMISSION_DENIED,
        (_, 409) => CONFLICT,
        (_, 429) => RATE_LIMITED,
        (_, 500..) => UNAVAILABLE,
        (_, 400..) => REFUSED,
        _ => UNEXPECTED,
    }
}

/// The error of an answer that is not the one hoped for. `doing` follows "when asked ".
pub(crate) fn refusal(response: &HttpResponse, doing: &str) -> Error {
    let denial = Denial::read(response);
    let Meaning { kind, reason, says, remedy } = meaning(&denial.code, response.status);
    Error::new(kind, reason, format!("The Teams service {says}, when asked {doing}."))
        .remedy(remedy)
        .retry(retry(kind, response))
        .cause(denial.cause(response.status))
        .provider_code(denial.code)
        .request_id(request_id(response))
}

/// An answer that claims success, and is none: a page to sign in to a network, for example. Nothing
/// is quoted of it, since nobody knows what is in it.
pub(crate) fn unreadable(response: &HttpResponse, doing: &str, why: &str) -> Error {
    let Meaning { kind, reason, says, remedy } = UNEXPECTED;
    Error::new(kind, reason, format!("The Teams service {says}, when asked {doing}: {why}."))
        .remedy(remedy)
        .request_id(request_id(response))
}

/// Whether the same may work later. The connector never tries again itself: two loops of retries,
/// here and in the host, would multiply.
fn retry(kind: ErrorKind, response: &HttpResponse) -> Retry {
    if !matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable) {
        return Retry::Never;
    }
    let seconds = response.header("retry-after").and_then(|value| value.trim().parse().ok());
    seconds.map_or(Retry::Backoff, |seconds| Retry::after(Duration::from_secs(seconds)))
}

/// What the support of the service asks for first. Every answer of the service has one.
pub(crate) fn request_id(response: &HttpResponse) -> Option<String> {
    response.header("x-request-id").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{denied, page_for_people};

    #[test]
    fn each_denial_is_an_error_that_helps() {
        use ErrorKind::{
            Conflict, ContractViolation, CursorExpired, InvalidRequest, NotFound, NotManageable,
            PermissionDenied, RateLimited, Unauthenticated, Unavailable,
        };
        let table = [
            (400, "invalid_cursor", CursorExpired, Retry::Never),
            (400, "", InvalidRequest, Retry::Never),
            (401, "unauthorized", Unauthenticated, Retry::Never),
            (403, "read_only", PermissionDenied, Retry::Never),
            (403, "not_found", PermissionDenied, Retry::Never),
            (404, "not_found", NotFound, Retry::Never),
            (404, "", ContractViolation, Retry::Never),
            (409, "managed_by_directory", NotManageable, Retry::Never),
            (409, "", Conflict, Retry::Never),
            (429, "slow_down", RateLimited, Retry::Backoff),
            (503, "", Unavailable, Retry::Backoff),
            (302, "", ContractViolation, Retry::Never),
        ];
        for (status, code, kind, retry) in table {
            let error = refusal(&denied(status, code), "for the users");
            assert_eq!((error.kind, error.retry), (kind, retry), "{status} {code}");
            assert_eq!(error.provider_code.unwrap_or_default(), code);
            assert_eq!(error.request_id.as_deref(), Some("request-1"));
            assert!(error.message.ends_with("when asked for the users."));
            assert!(error.remedy.is_some_and(|remedy| remedy.ends_with('.')));
        }
    }

    #[test]
    fn the_service_says_how_long_to_wait() {
        let mut response = denied(429, "slow_down");
        response.headers.push(("retry-after".to_owned(), "7".to_owned()));
        let error = refusal(&response, "for the users");
        assert_eq!(error.retry, Retry::After { milliseconds: 7_000 });
    }

    #[test]
    fn a_page_for_people_is_told_by_its_status() {
        let table = [(404, ErrorKind::ContractViolation), (503, ErrorKind::Unavailable)];
        for (status, kind) in table {
            let error = refusal(&page_for_people(status), "for the users");
            assert_eq!(error.kind, kind);
            assert_eq!(error.causes, [format!("The answer was {status}.")]);
        }
    }
}
