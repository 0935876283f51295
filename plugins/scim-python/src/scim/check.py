"""What the service offers, and what we may do there."""

from componentize_py_types import Err
from wit_world.imports.report import (
    Ability,
    Authority_Everywhere,
    Authority_No,
    Authority_Unknown,
    AuthorityEntry,
    CheckReport,
    CredentialExpiry_Unknown,
    Finding,
    Identity,
    Severity,
)
from wit_world.imports.types import ErrorKind, ObjectRef

from scim import NONE
from scim.client import ask_all, body, list_path, listed, path, value
from scim.records import GROUP, MEMBER, USER, WITHOUT_MEMBERS
from scim.values import mapping


def check(service):
    """
    SCIM has no way to ask whose token this is (`/Me` is optional, and for people). So the service
    itself stands for us, which is said in the findings.
    """
    config, users, groups = ask_all(
        [
            path(service, "ServiceProviderConfig"),
            list_path(service, "Users", 1),
            list_path(service, "Groups", 1, **WITHOUT_MEMBERS),
        ]
    )
    read_users = may(users, "for the users")
    read_groups = may(groups, "for the groups")
    told, error = configuration(config)
    change = changes(told)
    place = f"{service.origin}{service.base}"
    return CheckReport(
        identity=Identity(ObjectRef("service", place), None, "the owner of the token", place, NONE),
        permissions=[],
        authority=[
            entry("read", USER, read_users),
            entry("read", GROUP, read_groups),
            entry("read", GROUP, read_groups, MEMBER),
            entry("grant", GROUP, change, MEMBER),
            entry("revoke", GROUP, change, MEMBER),
        ],
        findings=findings(told, error),
        credential_expiry=CredentialExpiry_Unknown("SCIM does not tell when a token ends"),
        attributes=NONE,
    )


def may(result, doing):
    """Whether a list may be read. What is no answer to that question ends the check."""
    try:
        listed(value(result), 1, doing)
    except Err as refused:
        if refused.value.kind != ErrorKind.PERMISSION_DENIED:
            raise
        return Authority_No(["the right to read them, in the service"])
    return Authority_Everywhere([])


def configuration(result):
    """What the service says of itself (RFC 7643 §5), or why not. Not all services have it."""
    try:
        return body(value(result), "for its configuration"), None
    except Err as refused:
        return {}, refused.value


def offers(told, feature):
    supported = mapping(told.get(feature)).get("supported")
    return supported if isinstance(supported, bool) else None


def changes(told):
    if offers(told, "patch") is False:
        return Authority_No(["a service that supports PATCH"])
    return Authority_Unknown("SCIM does not tell what a token may change")


def findings(told, error):
    found = [
        finding(
            Severity.INFO,
            "unknown-identity",
            "SCIM does not tell whose token this is, so that Doorward cannot keep the access of its owner from being changed.",
            "Protect that account in the policy, if it is one of the users.",
        )
    ]
    if error is not None:
        found.append(
            finding(
                Severity.WARNING,
                "no-configuration",
                f"The service does not tell what it offers: {error.message}",
                error.remedy,
            )
        )
    if offers(told, "patch") is False:
        found.append(
            finding(
                Severity.PROBLEM,
                "no-patch",
                "The service does not support PATCH, without which members cannot be added or removed.",
                "Ask its vendor whether PATCH can be enabled.",
            )
        )
    if offers(told, "filter") is False:
        found.append(
            finding(
                Severity.PROBLEM,
                "no-filter",
                "The service does not support filters: nobody is found by name, and what somebody holds cannot be asked.",
                "Use ids, or ask its vendor whether filters can be enabled.",
            )
        )
    return found


def finding(severity, code, message, remedy):
    return Finding(severity, code, message, remedy, NONE)


def entry(action, kind, authority, entitlement=None):
    return AuthorityEntry(Ability(action, kind, entitlement, None, NONE), authority, [], NONE)
