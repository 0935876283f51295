"""A small Teams service to try the connector on: `python3 simulated_target.py --help`.

It keeps everything in memory, so that each start begins anew. It listens on this machine only.
"""

import argparse
import base64
import binascii
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

BASE = "/api/v1"
# The tokens, and whether they may write.
TOKENS = {"example-token": True, "read-only-token": False}
TOKEN_EXPIRES_AT = "2027-12-31T00:00:00Z"
LONGEST_PAGE = 100
# No request needs a body. One that is small is passed over; whoever sends more is cut off.
LARGEST_BODY = 65_536
# After this many seconds without a request a connection is closed.
IDLE_SECONDS = 60

FIRST_NAMES = (
    "Alice Bob Carol Dave Erin Frank Grace Henry Iris Jack Kate Liam Mona Noah Olive Paul Quinn Rosa "
    "Sam Tara Uma Victor Wendy Xenia Yusuf Zoe"
).split()
LAST_NAMES = (
    "Archer Baker Carter Dyer Eaton Fisher Glover Hunter Ives Joiner Keeler Lister Mason Nailer "
    "Olson Potter Quill Reeve Smith Tailor Usher Vickers Weaver Xavier Young Zeller"
).split()
USERS_WITH_A_FIRST_NAME = 10


class Refused(Exception):
    def __init__(self, status, code, message, **headers):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message}}
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Teams:
    """The data and the rules, without HTTP, so that tests can use them, too."""

    def __init__(self):
        self.users = {user["id"]: user for user in users()}
        people = [id for id in self.users if id != "robot"]
        self.teams = {
            id: {"id": id, "name": name, "managed_by": managed_by} for id, name, managed_by in TEAMS
        }
        self.members = {id: set(people[number::29]) for number, id in enumerate(self.teams)}
        self.members["sandbox"] = {"bob", "carol", "dave"}
        self.members["everyone"] = set(self.users)

    def answer(self, method, path, query, may_write):
        """Status and body; `path` is a list of segments."""
        match method, path:
            case "GET", ["me"]:
                return 200, {
                    "id": "robot",
                    "name": self.users["robot"]["name"],
                    "can_write": may_write,
                    "token_expires_at": TOKEN_EXPIRES_AT,
                }
            case "GET", ["users"]:
                return 200, page("users", self.users.values(), query, "name", "email")
            case "GET", ["users", user]:
                return 200, known(self.users, user)
            case "GET", ["users", user, "teams"]:
                known(self.users, user)
                teams = [team for id, team in self.teams.items() if user in self.members[id]]
                return 200, page("teams", teams, query)
            case "GET", ["teams"]:
                return 200, page("teams", self.teams.values(), query, "name")
            case "GET", ["teams", team]:
                return 200, known(self.teams, team)
            case "GET", ["teams", team, "members"]:
                known(self.teams, team)
                return 200, page("members", [self.users[id] for id in self.members[team]], query)
            case ("PUT" | "DELETE"), ["teams", team, "members", user]:
                return self.change(method, known(self.teams, team), known(self.users, user), may_write)
        raise Refused(404, "unknown_path", f"There is nothing to {method} here.")

    def change(self, method, team, user, may_write):
        if not may_write:
            raise Refused(403, "read_only", "This token may only read.")
        if team["managed_by"] is not None:
            raise Refused(409, "managed_by_directory", "The directory decides who is in this team.")
        members = self.members[team["id"]]
        held = user["id"] in members
        if method == "PUT":
            members.add(user["id"])
            return (200 if held else 201), user
        if not held:
            raise Refused(404, "not_a_member", "The user is no member of the team.")
        members.remove(user["id"])
        return 204, None


def users():
    yield {"id": "robot", "name": "Doorward robot", "email": "robot@teams.example", "active": True}
    for turn in range(USERS_WITH_A_FIRST_NAME):
        for number, first in enumerate(FIRST_NAMES):
            last = LAST_NAMES[(number + turn) % len(LAST_NAMES)]
            id = first.lower() if turn == 0 else f"{first}-{last}".lower()
            # Somebody who left, now and then.
            active = (turn + number) % 9 != 8
            yield {"id": id, "name": f"{first} {last}", "email": f"{id}@teams.example", "active": active}


TEAMS = [
    ("books", "Books", None),
    ("chess", "Chess", None),
    ("choir", "Choir", None),
    ("cooking", "Cooking", None),
    ("everyone", "Everyone", "directory"),
    ("film", "Film", None),
    ("first-aid", "First Aid", "directory"),
    ("garden", "Garden", None),
    ("photography", "Photography", None),
    ("robotics", "Robotics", None),
    ("running", "Running", None),
    ("sandbox", "Sandbox", None),
]


def known(objects, id):
    if id not in objects:
        raise Refused(404, "not_found", "There is nothing with this id.")
    return objects[id]


def page(name, objects, query, *filters):
    """The page that a query asks for. A cursor holds the last id, so that what is added or removed
    meanwhile moves nobody past the reader."""
    limit = query.get("limit", str(LONGEST_PAGE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= LONGEST_PAGE):
        raise Refused(400, "invalid_limit", f"The limit is a number from 1 to {LONGEST_PAGE}.")
    wanted = {name: query[name] for name in filters if name in query}
    after = opened(query["after"]) if "after" in query else ""
    fitting = sorted(
        (one for one in objects if one["id"] > after and wanted.items() <= one.items()),
        key=lambda one: one["id"],
    )
    found = fitting[: int(limit)]
    return {name: found, "next": cursor(found[-1]["id"]) if len(fitting) > len(found) else None}


def cursor(id):
    return base64.urlsafe_b64encode(f"after:{id}".encode()).decode()


def opened(cursor):
    try:
        text = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith("after:"):
        raise Refused(400, "invalid_cursor", "This cursor is none of this service.")
    return text.removeprefix("after:")


class Service(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port, requests_per_second):
        super().__init__(("127.0.0.1", port), Handler)
        self.teams = Teams()
        self.lock = threading.Lock()
        self.requests_per_second = requests_per_second
        self.second, self.in_this_second = 0, 0
        self.answered = 0

    def answer(self, method, target, authorization):
        """Status, body and further headers."""
        with self.lock:
            self.answered += 1
            headers = {"X-Request-Id": f"request-{self.answered}"}
            try:
                status, body = self.allowed(method, target, authorization)
            except Refused as refused:
                status, body = refused.status, refused.body
                headers |= refused.headers
            return status, body, headers

    def allowed(self, method, target, authorization):
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or token not in TOKENS:
            raise Refused(401, "unauthorized", "The token is missing or wrong.")
        self.pace()
        parts = urlsplit(target)
        if not parts.path.startswith(f"{BASE}/"):
            raise Refused(404, "unknown_path", f"Everything lies below {BASE}.")
        # Split before decoding: an encoded slash is part of an id.
        path = [unquote(segment) for segment in parts.path.removeprefix(f"{BASE}/").split("/")]
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return self.teams.answer(method, path, query, TOKENS[token])

    def pace(self):
        second = int(time.monotonic())
        if second != self.second:
            self.second, self.in_this_second = second, 0
        self.in_this_second += 1
        if self.requests_per_second and self.in_this_second > self.requests_per_second:
            raise Refused(429, "slow_down", "Too many requests in one second.", Retry_After="1")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    # One packet for an answer: otherwise each waits for the acknowledgement of its headers.
    wbufsize = -1

    def respond(self):
        length = self.headers.get("Content-Length", "0")
        small = length.isascii() and length.isdigit() and len(length) < 9 and int(length) <= LARGEST_BODY
        if "Transfer-Encoding" in self.headers or not small:
            # What follows is unread, so that the next request could not be found.
            self.send_error(413)
            return
        self.rfile.read(int(length))
        self.send(*self.server.answer(self.command, self.path, self.headers.get("Authorization")))

    do_GET = do_PUT = do_DELETE = do_POST = do_PATCH = respond

    def send(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body is None:
            self.end_headers()
            return
        content = json.dumps(body).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def send_error(self, code, message=None, explain=None):
        """What is no proper request. The library would answer with a page of HTML."""
        del explain
        self.close_connection = True
        body = {"error": {"code": "bad_request", "message": message or "This is no proper request."}}
        self.send(code, body, {"X-Request-Id": "request-0", "Connection": "close"})

    def log_request(self, code="-", size="-"):
        """Without this each request would be a line on the terminal."""


def main():
    parser = argparse.ArgumentParser(description="Serves a simulated Teams service.")
    parser.add_argument("--port", type=int, default=8081, help="0 takes one that is free [default: 8081]")
    parser.add_argument(
        "--requests-per-second", type=int, default=0, metavar="N",
        help="answer 429 to more than these [default: no limit]",
    )  # fmt: skip
    options = parser.parse_args()
    if not 0 <= options.port <= 65_535:
        parser.error("argument --port: it takes a number from 0 to 65535")
    try:
        service = Service(options.port, options.requests_per_second)
    except OSError as error:
        sys.exit(f"Port {options.port} cannot be used: {error}. Choose another one with `--port NUMBER`.")
    address = f"http://127.0.0.1:{service.server_port}"
    print(f"The Teams service listens on {address} (token: example-token)", flush=True)
    try:
        service.serve_forever()
    except KeyboardInterrupt:
        service.server_close()


if __name__ == "__main__":
    main()
