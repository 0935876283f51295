"""Moments. The clock is the host's; the language's own is not there."""

import math
import re
from datetime import datetime, timedelta, timezone

from wit_world.imports import clock
from wit_world.imports.types import Timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
# The form of RFC 9110 §5.6.7 that senders must use.
HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT", re.ASCII)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def now():
    return clock.now()


def seconds_between(earlier, later):
    return later.seconds - earlier.seconds + (later.nanoseconds - earlier.nanoseconds) / 1e9


def date_time(written):
    """A `dateTime` of RFC 7643 §2.3.5; nothing when it is none."""
    if written is None or not DATE_TIME.fullmatch(written):
        return None
    try:
        since = datetime.fromisoformat(written) - EPOCH
    except (ValueError, OverflowError):
        return None
    whole = since // timedelta(seconds=1)
    rest = since - timedelta(seconds=whole)
    return Timestamp(whole, rest.microseconds * 1000)


def retry_after(header):
    """The milliseconds that a `Retry-After` asks for: seconds, or a date (RFC 9110 §10.2.3)."""
    value = (header or "").strip()
    if SECONDS.fullmatch(value):
        return math.ceil(float(value) * 1000)
    then = http_date(value)
    if then is None:
        return None
    moment = now()
    return max(0, math.ceil(then * 1000 - moment.seconds * 1000 - moment.nanoseconds / 1e6))


def http_date(value):
    """Seconds since the epoch. Not by `strptime`, which asks the system for its language."""
    matched = HTTP_DATE.fullmatch(value)
    if matched is None or matched[2] not in MONTHS:
        return None
    day, year, hour, minute, second = (int(matched[group]) for group in (1, 3, 4, 5, 6))
    try:
        moment = datetime(year, MONTHS.index(matched[2]) + 1, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    return (moment - EPOCH) // timedelta(seconds=1)
