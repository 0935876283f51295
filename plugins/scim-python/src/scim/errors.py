"""What went wrong, for a person under stress. Status and `scimType` decide, never English text."""

from dataclasses import dataclass

from componentize_py_types import Err
from wit_world.imports.types import Error, ErrorKind, Retry, Retry_After, Retry_Backoff, Retry_Never

from scim import NONE
from scim.moments import retry_after
from scim.values import parse, text

LONGEST_DETAIL = 500
# Where services write the id of a request; RFC 7644 has no header for it.
REQUEST_IDS = ["request-id", "x-request-id", "x-correlation-id"]


def failure(kind, reason, message, **more):
    """An error to raise."""
    return Err(error(kind, reason, message, **more))


def error(kind, reason, message, *, remedy=None, retry=None, code=None, request_id=None, causes=(), attributes=NONE):
    return Error(
        kind=kind,
        reason=reason,
        message=message,
        remedy=remedy,
        retry=Retry_Never() if retry is None else retry,
        provider_code=code,
        request_id=request_id,
        causes=list(causes),
        attributes=attributes,
    )


@dataclass
class Meaning:
    kind: ErrorKind
    reason: str
    # Follows "The SCIM service ".
    says: str
    remedy: str
    retry: Retry | None = None


REFUSED = Meaning(
    ErrorKind.INVALID_REQUEST,
    "refused-request",
    "did not accept the request",
    "The service's own words are among the causes. If they do not help, report this message.",
)
UNAVAILABLE = Meaning(
    ErrorKind.UNAVAILABLE,
    "service-unavailable",
    "failed",
    "Try again in a moment. If it stays so, ask those who run the service.",
    Retry_Backoff(),
)
CONFLICT = Meaning(
    ErrorKind.CONFLICT,
    "conflict",
    "says that the present state does not allow it",
    "Read the object again, then decide whether the change is still right.",
)

# RFC 7644 §3.12, table 9. What is not here is told by its status.
BY_SCIM_TYPE = {
    "invalidFilter": Meaning(
        ErrorKind.UNSUPPORTED,
        "filter-refused",
        "does not support the filter that the question needs",
        "Ask for the object by its id, or ask the vendor of the service whether filters (RFC 7644 §3.4.2.2) can be enabled.",
    ),
    "sensitive": Meaning(
        ErrorKind.UNSUPPORTED,
        "filter-refused",
        "does not take this value in a URL",
        "Ask for the object by its id.",
    ),
    "tooMany": Meaning(
        ErrorKind.INVALID_REQUEST,
        "too-many-results",
        "found more than it is willing to give",
        "Ask for something narrower, for example by id.",
    ),
    "mutability": Meaning(
        ErrorKind.NOT_MANAGEABLE,
        "read-only",
        "says that this cannot be changed through SCIM",
        "Change it where it is kept: in the service itself, or in the directory that it is filled from.",
    ),
    "uniqueness": CONFLICT,
}

BY_STATUS = {
    401: Meaning(
        ErrorKind.UNAUTHENTICATED,
        "token-refused",
        "does not accept the token",
        "Make a new token in the service and put it into the connection.",
    ),
    403: Meaning(
        ErrorKind.PERMISSION_DENIED,
        "missing-permission",
        "does not allow it with this token",
        "Give the token, or the account that it belongs to, this right in the service.",
    ),
    404: Meaning(
        ErrorKind.NOT_FOUND,
        "not-found",
        "does not know it",
        "Check the id, and that base_url ends with the path of the SCIM service, often /scim/v2.",
    ),
    409: CONFLICT,
    412: Meaning(
        ErrorKind.CONFLICT,
        "changed-meanwhile",
        "says that it was changed meanwhile",
        "Try again.",
        Retry_Backoff(),
    ),
    413: Meaning(
        ErrorKind.INVALID_REQUEST,
        "too-large",
        "says that the request is too large",
        "Ask for less at once.",
    ),
    429: Meaning(
        ErrorKind.RATE_LIMITED,
        "throttled",
        "asks to slow down",
        "Wait, then try again.",
        Retry_Backoff(),
    ),
    501: Meaning(
        ErrorKind.UNSUPPORTED,
        "not-implemented",
        "does not offer this operation",
        "Ask the vendor of the service whether it can be enabled.",
    ),
}


def unexpected(status):
    return Meaning(
        ErrorKind.CONTRACT_VIOLATION,
        "unexpected-status",
        f"gave an answer that SCIM does not know ({status})",
        "Check that base_url leads to a SCIM 2.0 service and not to a page for people.",
    )


def by_status(status):
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status >= 500:
        return UNAVAILABLE
    return REFUSED if status >= 400 else unexpected(status)


def refusal(response, doing):
    """The error of an answer that is not the one hoped for. `doing` follows "when asked "."""
    body = parse(decoded(response)) or {}
    scim_type = text(body.get("scimType"))
    meaning = BY_SCIM_TYPE.get(scim_type) or by_status(response.status)
    wait = retry_after(header(response, "retry-after"))
    retry = meaning.retry
    if retry is not None and wait is not None:
        retry = Retry_After(wait)
    return failure(
        meaning.kind,
        meaning.reason,
        f"The SCIM service {meaning.says}, when asked {doing}.",
        remedy=meaning.remedy,
        retry=retry,
        code=scim_type,
        request_id=request_id(response),
        causes=[cause(response.status, text(body.get("detail")))],
    )


def unreadable(response, doing, why):
    """An answer that claims success and is none."""
    return failure(
        ErrorKind.CONTRACT_VIOLATION,
        "unexpected-answer",
        f"The answer of the SCIM service cannot be used, when asked {doing}: {why}.",
        remedy="Check that base_url leads to a SCIM 2.0 service. If it does, report this message to its vendor.",
        request_id=request_id(response),
    )


def cause(status, detail):
    if detail is None:
        return f"The answer was {status}."
    return detail if len(detail) <= LONGEST_DETAIL else f"{detail[:LONGEST_DETAIL]}…"


def header(response, name):
    return next((one.value for one in response.headers if one.name == name), None)


def request_id(response):
    ids = (text(header(response, name)) for name in REQUEST_IDS)
    return next((one for one in ids if one is not None), None)


def decoded(response):
    return response.body.decode("utf-8", "replace")
