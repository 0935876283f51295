"""Everything, page by page. SCIM has no list of changes, so that each sync is a full one."""

import json
from dataclasses import dataclass
from typing import Callable

from wit_world.imports.pages import Cursor, Next, Page, Usage
from wit_world.imports.types import ErrorKind, Expected, Record_Expected

from scim import NONE
from scim.client import ask, list_path, listed
from scim.errors import failure
from scim.records import GROUP, USER, group, members, skipped, user
from scim.values import count, parse


@dataclass
class Stream:
    collection: str
    kind: str
    records: Callable


STREAMS = {
    "users": Stream("Users", USER, lambda found: [user(found)]),
    "groups": Stream("Groups", GROUP, lambda found: [group(found), *members(found)]),
}


def start(request):
    wanted = request.stream
    if wanted is not None and wanted not in STREAMS:
        raise unknown_stream(wanted)
    return [cursor(name, 1) for name in STREAMS if wanted in (None, name)]


def sync(service, request):
    name = request.cursor.stream
    stream = STREAMS.get(name)
    if stream is None:
        raise unknown_stream(name)
    start_index, total = placed(request.cursor.body)
    doing = f"for the {name}, from number {start_index} on"
    page = listed(ask(list_path(service, stream.collection, start_index)), start_index, doing)
    records = [record for found in page.items for record in stream.records(found)]
    records += ledger(stream, name, start_index, total, page)
    following = []
    if page.next is not None:
        following = [Next(cursor(name, page.next, page.total), True, None, NONE)]
    return Page(records, following, None, [], Usage(None, None, None, NONE), NONE)


def ledger(stream, name, start_index, total, page):
    """How many there should be, and what must be missing."""
    found = []
    if start_index == 1:
        found.append(Record_Expected(Expected(stream.kind, page.total, NONE)))
    if not page.items and start_index <= page.total:
        found.append(
            skipped(
                None,
                "missing-page",
                f"The SCIM service counts {page.total} {name} and gives none from number {start_index} on.",
            )
        )
    if total is not None and page.total < total:
        found.append(
            skipped(
                None,
                "changed-while-reading",
                f"Some {name} were deleted while they were read, so that others may have moved past the reader.",
            )
        )
    return found


def cursor(stream, start_index, total=None):
    """Where a page begins, and how many objects the page before spoke of."""
    return Cursor(stream, 0, json.dumps({"startIndex": start_index, "total": total}), NONE)


def placed(body):
    place = parse(body) or {}
    start_index = count(place.get("startIndex"))
    if not start_index:
        raise failure(
            ErrorKind.CURSOR_EXPIRED,
            "foreign-cursor",
            "The place in the sync is not one of this connector.",
            remedy="Read the stream again from its start.",
        )
    return start_index, count(place.get("total"))


def unknown_stream(name):
    return failure(
        ErrorKind.INVALID_REQUEST,
        "unknown-stream",
        f"There is no stream `{name}`: there are users and groups.",
    )
