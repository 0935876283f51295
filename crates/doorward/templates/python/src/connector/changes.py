"""Giving and taking membership: one request for each."""

from dataclasses import dataclass

from componentize_py_types import Err, Ok
from wit_world.imports.changes import Action_Grant, Action_Revoke, Outcome, OutcomeKind
from wit_world.imports.http import Method
from wit_world.imports.types import ErrorKind, GrantKey

from connector import NONE
from connector.client import body, path, write
from connector.errors import code_of, failure, refusal, request_id, unreadable
from connector.records import is_membership, named


@dataclass
class Change:
    adds: bool
    key: GrantKey


def apply(service, request):
    """
    The difference that matters: what is raised says that nothing was changed, and the host may send
    it again. Whatever leaves that open is the error of the operation, and the host calls `settle`.
    """
    if len(request.operations) != 1:
        raise failure(
            ErrorKind.INVALID_REQUEST,
            "batch-size",
            "The Teams service takes one change at a time.",
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
            "This connector changes the membership of teams only.",
            remedy="Do it in the Teams service itself.",
        )
    adds = isinstance(action, Action_Grant)
    if (adds and action.value.until is not None) or not is_membership(action.value.key):
        raise failure(
            ErrorKind.UNSUPPORTED,
            "unsupported-grant",
            "The Teams service knows membership of teams only: without end, scope or activation.",
            remedy="Ask for the entitlement `member` of a team, for good.",
        )
    return Change(adds, action.value.key)


def carry_out(service, change):
    user, team = change.key.principal, change.key.resource
    place = path(service, "teams", team.id, "members", user.id)
    try:
        response = write(Method.PUT if change.adds else Method.DELETE, place)
    except Err as lost:
        # The request may have arrived, though its answer did not.
        return Err(lost.value)
    way = "to add the {} to the {}" if change.adds else "to remove the {} from the {}"
    doing = way.format(named(user), named(team))
    try:
        return Ok(outcome(judged(response, change.adds, doing)))
    except Err as refused:
        if 400 <= response.status < 500:
            raise
        # A gateway's 502, or a page from elsewhere, does not say what the service did.
        return Err(refused.value)


def judged(response, adds, doing):
    """What the answer says that happened. What was so before is no error: a repeated command is right."""
    success = 200 <= response.status < 300
    if success and request_id(response) is None:
        # Anybody on the way can answer 204. The service names each of its answers.
        raise unreadable(response, doing, "it has no X-Request-Id")
    match adds, response.status:
        case True, 200 | 201:
            # Not the status alone: a page from elsewhere has it, too.
            body(response, doing)
            return OutcomeKind.GRANTED if response.status == 201 else OutcomeKind.ALREADY_GRANTED
        case False, 204:
            return OutcomeKind.REVOKED
        case False, 404 if code_of(response) == "not_a_member":
            return OutcomeKind.ALREADY_REVOKED
    if success:
        raise unreadable(response, doing, f"a change is not answered with {response.status}")
    raise refusal(response, doing)


def outcome(kind):
    return Outcome(kind, None, None, None, NONE)
