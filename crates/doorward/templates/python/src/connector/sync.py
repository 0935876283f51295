"""Everything, page by page. The service has no list of changes, so that each sync is a full one.

One cursor in, one page out: users from the stream `users`; from the stream `teams` each page of
teams, and for each team on it a chain of pages with its members.
"""

import json

from wit_world.imports.pages import Cursor, Next, Page, Usage
from wit_world.imports.types import ErrorKind, ObjectRef, Record_Resource

from connector import NONE
from connector.client import ask, is_not_found, list_path, listed
from connector.errors import failure
from connector.records import TEAM, account, member, skipped, team
from connector.values import place

STREAMS = ["users", "teams"]


def start(request):
    if request.stream is not None and request.stream not in STREAMS:
        raise unknown_stream(request.stream)
    return [cursor(name) for name in STREAMS if request.stream in (None, name)]


def sync(service, request):
    stream = request.cursor.stream
    if stream not in STREAMS:
        raise unknown_stream(stream)
    told = place(request.cursor.body, "after", "team")
    if told is None or (stream == "users" and told["team"] is not None):
        raise failure(
            ErrorKind.CURSOR_EXPIRED,
            "foreign-cursor",
            "The place in the sync is none of this connector.",
            remedy="Read the stream again from its start.",
        )
    after, team_id = told["after"], told["team"]
    if team_id is not None:
        return members(service, team_id, after)
    response = ask(list_path(service, stream, after=after))
    found = listed(response, stream, after, f"for the {stream}")
    if stream == "users":
        return page([account(one) for one in found.items], stream, found.next)
    records = [team(one) for one in found.items]
    forks = [fork(record.value.key.id) for record in records if isinstance(record, Record_Resource)]
    return page(records, stream, found.next, forks=forks)


def members(service, team_id, after):
    doing = f"for the members of the team `{team_id}`"
    response = ask(list_path(service, "teams", team_id, "members", after=after))
    if is_not_found(response):
        message = "The team was deleted while it was read."
        return page([skipped(ObjectRef(TEAM, team_id), "deleted-while-reading", message)], "teams")
    found = listed(response, "members", after, doing)
    return page([member(team_id, one) for one in found.items], "teams", found.next, team_id)


def page(records, stream, following=None, team_id=None, forks=()):
    continued = [] if following is None else [Next(cursor(stream, following, team_id), True, None, NONE)]
    return Page(records, [*forks, *continued], None, [], Usage(None, None, None, NONE), NONE)


def fork(team_id):
    """The members of a team are a chain of their own: the host may read several at once."""
    return Next(cursor("teams", team_id=team_id), False, None, NONE)


def cursor(stream, after=None, team_id=None):
    """All that is needed to go on, since another instance will: nothing may be kept in memory."""
    return Cursor(stream, 0, json.dumps({"after": after, "team": team_id}), NONE)


def unknown_stream(name):
    return failure(
        ErrorKind.INVALID_REQUEST,
        "unknown-stream",
        f"There is no stream `{name}`: there are users and teams.",
    )
