"""Requests to the service and their answers (RFC 7644 §3)."""

import json
from dataclasses import dataclass
from urllib.parse import quote

from componentize_py_types import Err
from wit_world.imports import http
from wit_world.imports.http import Header, Method, Path, Request
from wit_world.imports.types import ErrorKind

from scim import NONE
from scim.connection import ENDPOINT
from scim.errors import decoded, failure, refusal, unreadable
from scim.values import count, objects, parse

# Requests that the host takes at once.
AT_ONCE = 64
# Objects asked for in one page; services give as many as they like.
PAGE = 100

TYPE = "application/scim+json"
ACCEPT = Header("accept", f"{TYPE}, application/json")


def encoded(value):
    return quote(value, safe="!'()*")


def path(service, collection, id=None, **query):
    """A path below the base. Values are encoded, so that each stays where it was put."""
    place = "" if id is None else f"/{encoded(checked(id))}"
    parameters = "&".join(f"{name}={encoded(str(value))}" for name, value in query.items())
    return Path(
        f"{service.base}/{collection}{place}{'?' if parameters else ''}{parameters}",
        f"{service.template}/{collection}{'' if id is None else '/{}'}",
    )


def is_id(id):
    """Whether this can be the id of an object: an empty one would name the whole collection."""
    return id not in ("", ".", "..")


def checked(id):
    if not is_id(id):
        raise failure(
            ErrorKind.INVALID_REQUEST,
            "invalid-id",
            f"`{id}` cannot be the id of an object.",
            remedy="Check the id.",
        )
    return id


def get(path):
    return Request(ENDPOINT, Method.GET, path, None, [ACCEPT], None, NONE)


def ask(path):
    return http.send(get(path))


def ask_all(paths):
    """Asks for all of these at once; the answers come in the same order."""
    answers = []
    for begin in range(0, len(paths), AT_ONCE):
        answers += http.send_all([get(path) for path in paths[begin : begin + AT_ONCE]])
    return answers


def value(result):
    """The answer itself; whoever asked for several at once may live without one of them."""
    if isinstance(result, Err):
        raise result
    return result.value


def found(response, doing):
    """The object of an answer; nothing when it does not exist."""
    return None if response.status == 404 else body(response, doing)


def body(response, doing):
    if response.status != 200:
        raise refusal(response, doing)
    answer = parse(decoded(response))
    if answer is None:
        raise unreadable(response, doing, "it is no JSON object")
    return answer


def patch(path, operations):
    """Sends a change. What the service answers beside its status is of no use."""
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
    headers = [ACCEPT, Header("content-type", TYPE)]
    return http.send(Request(ENDPOINT, Method.PATCH, path, None, headers, json.dumps(body), NONE))


@dataclass
class Listed:
    """One page of a list (RFC 7644 §3.4.2.4)."""

    items: list
    total: int
    # Where the next page begins; none after the last.
    next: int | None


def list_path(service, collection, start_index, **query):
    return path(service, collection, None, **query, startIndex=start_index, count=PAGE)


def listed(response, start_index, doing):
    """Reads a page. A short page is no last page: only the total says where the list ends."""
    answer = body(response, doing)
    total = count(answer.get("totalResults"))
    if total is None:
        raise unreadable(response, doing, "it does not say how many there are")
    items = objects(answer.get("Resources"))
    began = count(answer.get("startIndex"))
    if items and start_index > 1 and began not in (None, start_index):
        raise unreadable(response, doing, f"it begins at {began} instead of {start_index}")
    after = start_index + len(items)
    return Listed(items, total, after if items and after <= total else None)
