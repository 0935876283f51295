"""What came of a change whose answer was lost: by looking, never by guessing."""

from wit_world.imports.changes import OutcomeKind

from connector.changes import change_of, outcome
from connector.moments import now, seconds_between
from connector.read import holds

# A write may take effect, or be seen by reads, some time after it was sent. After this, what is seen
# is held to be true. Take what your service promises, and more.
WINDOW_SECONDS = 60


def settle(service, request):
    change = change_of(request.operation)
    held = holds(service, change.key)
    kind = concluded(change.adds, held, request.prior is not None)
    changed = request.last_changed
    may_lag = seconds_between(request.given_up, now()) < WINDOW_SECONDS
    # What is seen may be older than an earlier change of the same grant.
    may_be_older = changed is not None and seconds_between(changed, request.sent) < WINDOW_SECONDS
    if may_lag and (may_be_older or kind == OutcomeKind.NOT_APPLIED):
        # The host asks again later.
        return outcome(OutcomeKind.UNKNOWN)
    return outcome(kind)


def concluded(adds, held, before):
    if adds != held:
        return OutcomeKind.NOT_APPLIED
    if adds:
        return OutcomeKind.ALREADY_GRANTED if before else OutcomeKind.GRANTED
    return OutcomeKind.REVOKED if before else OutcomeKind.ALREADY_REVOKED
