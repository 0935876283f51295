"""What came of a change whose answer was lost: by looking, never by guessing."""

from wit_world.imports.changes import OutcomeKind

from scim.changes import change_of, outcome
from scim.moments import now, seconds_between
from scim.read import looked_up

# SCIM promises nothing about when a write is seen by reads. After this it is held to be seen.
WINDOW_SECONDS = 60


def settle(service, request):
    change = change_of(request.operation)
    held = looked_up(service, change.key)
    kind = concluded(change.adds, held, request.prior is not None)
    changed = request.last_changed
    may_lag = seconds_between(request.given_up, now()) < WINDOW_SECONDS
    may_be_older = changed is not None and seconds_between(changed, request.sent) < WINDOW_SECONDS
    if may_lag and (may_be_older or kind == OutcomeKind.NOT_APPLIED):
        return outcome(OutcomeKind.UNKNOWN)
    return outcome(kind)


def concluded(adds, held, before):
    if adds != held:
        return OutcomeKind.NOT_APPLIED
    if adds:
        return OutcomeKind.ALREADY_GRANTED if before else OutcomeKind.GRANTED
    return OutcomeKind.REVOKED if before else OutcomeKind.ALREADY_REVOKED
