"""What went wrong, for a person under stress: what happened, to what, why, and what to do now.

The service's codes decide, each with its status, then the status alone; never its English text, which
may change any day.
"""

import re
from dataclasses import dataclass

from componentize_py_types import Err
from wit_world.imports.types import Error, ErrorKind, Retry, Retry_After, Retry_Backoff, Retry_Never

from connector import NONE
from connector.values import mapping, parse, text

LONGEST_MESSAGE = 500
SECONDS = re.compile(r"\d{1,9}", re.ASCII)


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
    # Follows "The Teams service ".
    says: str
    remedy: str
    # Only where the same request may succeed later. The host tries again, never the connector.
    retry: Retry | None = None


FORBIDDEN = Meaning(
    ErrorKind.PERMISSION_DENIED,
    "missing-permission",
    "does not allow it with this token",
    "Give the account that the token belongs to this right in the service.",
)
SLOW_DOWN = Meaning(
    ErrorKind.RATE_LIMITED,
    "throttled",
    "asks to slow down",
    "Wait, then try again.",
    Retry_Backoff(),
)
UNAVAILABLE = Meaning(
    ErrorKind.UNAVAILABLE,
    "service-unavailable",
    "failed",
    "Try again in a moment. If it stays so, ask those who run the service.",
    Retry_Backoff(),
)
REFUSED = Meaning(
    ErrorKind.INVALID_REQUEST,
    "refused-request",
    "did not accept the request",
    "The service's own words are among the causes. If they do not help, report this message.",
)
CONFLICT = Meaning(
    ErrorKind.CONFLICT,
    "conflict",
    "says that the present state does not allow it",
    "Read the object again, then decide whether the change is still right.",
)
# A 404 that is not the service's own says nothing about users and teams, and so does a redirection.
NOT_THE_SERVICE = Meaning(
    ErrorKind.CONTRACT_VIOLATION,
    "unexpected-answer",
    "gave an answer that its API does not know",
    "Check that base_url is the address of the API, e.g. https://teams.example.com/api/v1.",
)

# A code with another status is none that the service's API knows.
BY_CODE = {
    (404, "not_found"): Meaning(
        ErrorKind.NOT_FOUND,
        "not-found",
        "knows nothing of this id",
        "Check the id. The object may have been deleted.",
    ),
    (409, "managed_by_directory"): Meaning(
        ErrorKind.NOT_MANAGEABLE,
        "managed-by-directory",
        "fills this team from the directory",
        "Change the membership in the directory.",
    ),
    (403, "read_only"): Meaning(
        ErrorKind.PERMISSION_DENIED,
        "read-only-token",
        "lets this token only read",
        "Make a token that may write, and put it into the connection.",
    ),
    (400, "invalid_cursor"): Meaning(
        ErrorKind.CURSOR_EXPIRED,
        "cursor-expired",
        "does not know the place in its list any more",
        "Read the list again from its start.",
    ),
}


def by_status(status):
    if status == 403:
        return FORBIDDEN
    if status == 409:
        return CONFLICT
    if status == 429:
        return SLOW_DOWN
    if status >= 500:
        return UNAVAILABLE
    return REFUSED if status >= 400 and status != 404 else NOT_THE_SERVICE


def refusal(response, doing):
    """The error of an answer that is not the one hoped for. `doing` follows "when asked "."""
    code = code_of(response)
    meaning = BY_CODE.get((response.status, code)) or by_status(response.status)
    retry = meaning.retry
    wait = header(response, "retry-after") or ""
    if retry is not None and SECONDS.fullmatch(wait):
        retry = Retry_After(int(wait) * 1000)
    return failure(
        meaning.kind,
        meaning.reason,
        f"The Teams service {meaning.says}, when asked {doing}.",
        remedy=meaning.remedy,
        retry=retry,
        code=code,
        request_id=request_id(response),
        causes=[cause(response)],
    )


def unreadable(response, doing, why):
    """An answer that claims success and is none. A captive portal also answers 200."""
    return failure(
        ErrorKind.CONTRACT_VIOLATION,
        "unexpected-answer",
        f"The answer of the Teams service cannot be used, when asked {doing}: {why}.",
        remedy=f"{NOT_THE_SERVICE.remedy} If it is, report this message to those who run the service.",
        request_id=request_id(response),
    )


def code_of(response):
    return text(told(response).get("code"))


def told(response):
    return mapping((parse(decoded(response)) or {}).get("error"))


def cause(response):
    message = text(told(response).get("message"))
    if message is None:
        # Not the body itself: nobody knows what a page from elsewhere holds.
        return f"The answer was {response.status}."
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"


def header(response, name):
    return next((one.value for one in response.headers if one.name == name), None)


def request_id(response):
    """What the support of the service asks for first. Each of its answers has one."""
    return text(header(response, "x-request-id"))


def decoded(response):
    return response.body.decode("utf-8", "replace")
