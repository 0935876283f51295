"""Giving and taking membership: one PATCH of the group (RFC 7644 §3.5.2)."""

from dataclasses import dataclass

from componentize_py_types import Err, Ok
from wit_world.imports.changes import Action_Grant, Action_Revoke, Outcome, OutcomeKind
from wit_world.imports.types import ErrorKind, GrantKey

from scim import NONE
from scim.client import ask_all, found, patch, path, value
from scim.errors import decoded, failure, refusal
from scim.filters import equals
from scim.read import is_membership, named, object_path
from scim.records import GROUP, WITHOUT_MEMBERS, holds
from scim.values import parse


@dataclass
class Change:
    adds: bool
    key: GrantKey


def apply(service, request):
    """
    A refusal is raised: it is of the whole request, and nothing was changed. What leaves that open
    is the error of the operation.
    """
    if len(request.operations) != 1:
        raise failure(
            ErrorKind.INVALID_REQUEST,
            "batch-size",
            "SCIM takes one change at a time.",
            remedy="Send the operations one by one.",
        )
    return [carry_out(service, change_of(request.operations[0]))]


def change_of(operation):
    """What the operation asks for, if it is a change of membership."""
    action = operation.action
    if not isinstance(action, (Action_Grant, Action_Revoke)):
        raise failure(
            ErrorKind.UNSUPPORTED,
            "unsupported",
            "This connector changes membership of groups only.",
            remedy="Do it in the service itself.",
        )
    adds = isinstance(action, Action_Grant)
    if (adds and action.value.until is not None) or not is_membership(action.value.key):
        raise failure(
            ErrorKind.UNSUPPORTED,
            "unsupported-grant",
            "SCIM knows membership of groups only: without end, scope or activation.",
            remedy="Ask for the entitlement `member` of a group, for good.",
        )
    return Change(adds, action.value.key)


def carry_out(service, change):
    """
    SCIM answers alike whether or not something was changed, so what was there is read right before.
    The change is sent in any case: only its answer proves that we may make it.
    """
    key, adds = change.key, change.adds
    held = prior(service, key, adds)
    already = OutcomeKind.ALREADY_GRANTED if adds else OutcomeKind.ALREADY_REVOKED
    done = OutcomeKind.GRANTED if adds else OutcomeKind.REVOKED
    operation = adding(key.principal) if adds else removing(key.principal)
    group = path(service, "Groups", key.resource.id)
    try:
        answer = patch(group, [operation])
    except Err as lost:
        return Err(lost.value)
    if 200 <= answer.status < 300:
        return Ok(outcome(already if held == adds else done))
    if held == adds and says_so(answer, adds):
        return Ok(outcome(already))
    if adds:
        doing = f"to add the {named(key.principal)} to the {named(key.resource)}"
    else:
        doing = f"to remove the {named(key.principal)} from the {named(key.resource)}"
    refused = refusal(answer, doing)
    if answer.status < 500:
        raise refused
    return refused


def prior(service, key, adds):
    """Whether the principal is a member now. Group and, to be added, principal must exist."""
    asked = [path(service, "Groups", key.resource.id)]
    if adds:
        asked.append(object_path(service, key.principal, WITHOUT_MEMBERS))
    answers = ask_all(asked)
    group = found(value(answers[0]), f"for the members of the {named(key.resource)}")
    if group is None:
        raise missing(key.resource)
    if adds and found(value(answers[1]), f"for the {named(key.principal)}") is None:
        raise missing(key.principal)
    return holds(group, key.principal.id)


def missing(key):
    return failure(
        ErrorKind.NOT_FOUND,
        f"{key.kind}-not-found",
        f"The SCIM service does not know the {named(key)}; nothing was changed.",
        remedy="Check the id. The object may have been deleted.",
    )


def says_so(answer, adds):
    """Whether a refusal means that there is nothing to do (RFC 7644 §3.12)."""
    body = parse(decoded(answer)) or {}
    return body.get("scimType") == ("uniqueness" if adds else "noTarget")


def adding(principal):
    member = {"value": principal.id, "type": "Group" if principal.kind == GROUP else "User"}
    return {"op": "add", "path": "members", "value": [member]}


def removing(principal):
    return {"op": "remove", "path": f"members[{equals('value', principal.id)}]"}


def outcome(kind):
    return Outcome(kind, None, None, None, NONE)
