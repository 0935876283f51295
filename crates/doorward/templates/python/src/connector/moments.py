"""Moments. The clock is the host's; the language's own is not there."""

import re
from datetime import datetime, timedelta, timezone

from wit_world.imports import clock
from wit_world.imports.types import Timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
DATE_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)


def now():
    return clock.now()


def seconds_between(earlier, later):
    return later.seconds - earlier.seconds + (later.nanoseconds - earlier.nanoseconds) / 1e9


def moment(written):
    """A date with time, in whole seconds; nothing when it is none."""
    fitting = DATE_TIME.fullmatch(written or "")
    if fitting is None:
        return None
    try:
        return Timestamp((datetime.fromisoformat("".join(fitting.groups())) - EPOCH) // timedelta(seconds=1), 0)
    except (ValueError, OverflowError):
        return None
