"""Who we are in the service, and what we may do there. What cannot be found out is said to be unknown."""

from wit_world.imports.report import (
    Ability,
    Authority_Everywhere,
    Authority_No,
    Authority_Unknown,
    AuthorityEntry,
    CheckReport,
    CredentialExpiry_At,
    CredentialExpiry_Unknown,
    Finding,
    Identity,
    Severity,
)
from wit_world.imports.types import ObjectRef

from connector import NONE
from connector.client import ask, body, path
from connector.errors import unreadable
from connector.moments import moment
from connector.records import DIRECTORY_TEAM, MEMBER, TEAM, USER
from connector.values import text, truth


def check(service):
    doing = "whose token this is"
    response = ask(path(service, "me"))
    me = body(response, doing)
    id = text(me.get("id"))
    if id is None:
        raise unreadable(response, doing, "it has no id")
    can_write = truth(me.get("can_write"))
    # The service lets every token read everything.
    everywhere = Authority_Everywhere([])
    change = changes(can_write)
    return CheckReport(
        # One of the users: so Doorward keeps our own access from being changed.
        identity=Identity(
            ObjectRef(USER, id), id, text(me.get("name")) or id, f"{service.origin}{service.base}", NONE
        ),
        permissions=[],
        authority=[
            entry("read", USER, everywhere),
            entry("read", TEAM, everywhere),
            entry("read", TEAM, everywhere, MEMBER),
            entry("grant", TEAM, change, MEMBER),
            entry("revoke", TEAM, change, MEMBER),
        ],
        findings=[read_only()] if can_write is False else [],
        credential_expiry=expiry(moment(text(me.get("token_expires_at")))),
        attributes=NONE,
    )


def changes(can_write):
    if can_write is None:
        return Authority_Unknown("the service does not tell whether the token may write")
    return Authority_Everywhere([DIRECTORY_TEAM]) if can_write else Authority_No(["a token that may write"])


def expiry(ends):
    if ends is None:
        return CredentialExpiry_Unknown("the service does not tell when the token ends")
    return CredentialExpiry_At(ends)


def read_only():
    return Finding(
        Severity.WARNING,
        "read-only-token",
        "The token may only read, so that no access can be given or taken.",
        "If that is not meant, make a token that may write and put it into the connection.",
        NONE,
    )


def entry(action, kind, authority, entitlement=None):
    return AuthorityEntry(Ability(action, kind, entitlement, None, NONE), authority, [], NONE)
