"""Requests to the service and their answers."""

from dataclasses import dataclass
from urllib.parse import quote

from componentize_py_types import Err
from wit_world.imports import http
from wit_world.imports.http import Header, Method, Path, Request
from wit_world.imports.types import ErrorKind

from connector import NONE
from connector.connection import ENDPOINT
from connector.errors import code_of, decoded, failure, refusal, unreadable
from connector.values import parse, text

# Requests that the host takes at once.
AT_ONCE = 64
# The most that the service gives in one page.
PAGE = 100

ACCEPT = Header("accept", "application/json")


def path(service, *segments, **query):
    """A path below the base: words and ids in turn, e.g. `path(service, "teams", id, "members")`."""
    parts = [
        Path(f"/{encoded(checked(one))}", "/{}") if number % 2 else Path(f"/{one}", f"/{one}")
        for number, one in enumerate(segments)
    ]
    parameters = "&".join(f"{name}={encoded(str(one))}" for name, one in query.items() if one is not None)
    return Path(
        service.base + "".join(part.text for part in parts) + (f"?{parameters}" if parameters else ""),
        # How logs and the approved reach name the path: without ids, of which there are many.
        service.template + "".join(part.template for part in parts),
    )


def encoded(value):
    """Nothing is left that could end a segment: an id like `../me` must not become another path."""
    return quote(value, safe="")


def is_id(id):
    """An empty id would name the whole list, and dots would lead elsewhere."""
    return id not in ("", ".", "..")


def checked(id):
    if not is_id(id):
        raise failure(
            ErrorKind.NOT_FOUND,
            "not-found",
            f"`{id}` cannot be the id of anything in the Teams service.",
            remedy="Check the id.",
        )
    return id


def request(method, path):
    return Request(ENDPOINT, method, path, None, [ACCEPT], None, NONE)


def ask(path):
    return http.send(request(Method.GET, path))


def ask_all(paths):
    """Asks for all of these at once; the answers come in the same order."""
    answers = []
    for begin in range(0, len(paths), AT_ONCE):
        answers += http.send_all([request(Method.GET, one) for one in paths[begin : begin + AT_ONCE]])
    return [value(one) for one in answers]


def value(result):
    if isinstance(result, Err):
        raise result
    return result.value


def write(method, path):
    return http.send(request(method, path))


def body(response, doing):
    """The object of a good answer."""
    if not 200 <= response.status < 300:
        raise refusal(response, doing)
    answer = parse(decoded(response))
    if answer is None:
        raise unreadable(response, doing, "it is no JSON object")
    return answer


def found(response, doing):
    """The object of an answer; nothing when it does not exist. Only the service's own code says so:
    a wrong address is a 404, too, and nobody would have access to anything."""
    return None if is_not_found(response) else body(response, doing)


def is_not_found(response):
    return response.status == 404 and code_of(response) == "not_found"


@dataclass
class Listed:
    """One page of a list."""

    items: list
    # The cursor of the next page; none after the last.
    next: str | None


def list_path(service, *segments, after=None, **query):
    return path(service, *segments, limit=PAGE, after=after, **query)


def listed(response, name, after, doing):
    """Reads the page after a cursor. A list that is cut short in silence would take access from
    people, so that an end must be said."""
    answer = body(response, doing)
    items = answer.get(name)
    if not isinstance(items, list):
        raise unreadable(response, doing, f"it has no list `{name}`")
    following = text(answer.get("next"))
    if following is None and answer.get("next", "") is not None:
        raise unreadable(response, doing, "it does not say whether there is more")
    if following is not None and following == after:
        raise unreadable(response, doing, "its next page is itself")
    return Listed(items, following)
