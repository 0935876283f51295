"""The host, played by a test: what the connector imports from Doorward."""

import json
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote, urlsplit

from componentize_py_types import Err, Ok
from simulated_target import Refused, Teams
from wit_world.imports import clock, http
from wit_world.imports.http import Header, Response
from wit_world.imports.types import Timestamp

from connector.records import membership
from plugin import Connector

CONNECTOR = Connector()
# As the host hands it over: with a reference in the place of the secret.
CONNECTION = json.dumps({"base_url": "https://teams.example/api/v1", "token": {"pointer": "/token"}})
# 2026-11-23T08:00:00Z
NOW = 1_795_420_800
KEY = membership("alice", "sandbox")


class Host:
    """What the host was asked, and how it answers."""

    def __init__(self, respond):
        self.respond = respond
        self.asked = []
        self.seconds = NOW

    def __enter__(self):
        self.patches = [
            patch.object(http, "send", self.send),
            patch.object(http, "send_all", lambda requests: [self.result(one) for one in requests]),
            patch.object(clock, "now", lambda: Timestamp(self.seconds, 0)),
        ]
        for one in self.patches:
            one.start()
        return self

    def __exit__(self, *_):
        for one in self.patches:
            one.stop()

    def send(self, request):
        self.asked.append(f"{request.method.name} {request.path.text}")
        return self.respond(request)

    def result(self, request):
        try:
            return Ok(self.send(request))
        except Err as error:
            return error


def answer(status, body=None, **headers):
    """As the service answers: each answer has an id."""
    content = body if isinstance(body, str) else json.dumps({} if body is None else body)
    named = [Header(name.replace("_", "-"), value) for name, value in {"x_request_id": "request-1", **headers}.items()]
    return Response(status, named, content.encode(), "")


def refused(status, code, **headers):
    return answer(status, {"error": {"code": code, "message": "Words."}}, **headers)


def simulated(teams=None):
    """Answers as the simulated target does, without HTTP."""
    teams = teams or Teams()

    def respond(request):
        parts = urlsplit(request.path.text)
        path = [unquote(one) for one in parts.path.removeprefix("/api/v1/").split("/")]
        try:
            return answer(*teams.answer(request.method.name, path, dict(parse_qsl(parts.query)), True))
        except Refused as refusal:
            return answer(refusal.status, refusal.body)

    return respond


def request(**fields):
    """A request of Doorward; what it does not say is absent."""
    return SimpleNamespace(attributes="", **fields)
