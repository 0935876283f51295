"""The imports of a connector, played by a test."""

import json
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import unquote

from componentize_py_types import Err, Ok
from wit_world.imports import clock, http
from wit_world.imports.http import Header, Response
from wit_world.imports.types import Timestamp

from plugin import Connector

CONNECTION = json.dumps({"base_url": "https://scim.example/scim/v2/", "token": {"pointer": "/token"}})
# 2026-11-23T08:00:00Z
NOW = 1_795_420_800


class Host:
    """What the host was asked, and how it answers."""

    def __init__(self, respond):
        self.respond = respond
        self.requests = []
        self.now = Timestamp(NOW, 0)

    def __enter__(self):
        def send_all(requests):
            return [self.result(request) for request in requests]

        self.patches = [
            patch.object(http, "send", self.send),
            patch.object(http, "send_all", send_all),
            patch.object(clock, "now", lambda: self.now),
        ]
        for one in self.patches:
            one.start()
        return self

    def __exit__(self, *_):
        for one in self.patches:
            one.stop()

    def send(self, request):
        self.requests.append(request)
        return self.respond(request)

    def result(self, request):
        try:
            return Ok(self.send(request))
        except Err as error:
            return error

    def asked(self):
        """`METHOD path` of each request, decoded so that people can read it."""
        return [f"{one.method.name} {unquote(one.path.text)}" for one in self.requests]


def answer(status, body, **headers):
    text = body if isinstance(body, str) else json.dumps(body)
    named = [Header(name.replace("_", "-"), value) for name, value in headers.items()]
    return Response(status, named, text.encode(), "")


def listing(total, resources, start_index=1):
    return answer(200, {"totalResults": total, "startIndex": start_index, "Resources": resources})


def request(**fields):
    """A request of the contract; what it does not say is absent."""
    return SimpleNamespace(attributes="", **fields)


CONNECTOR = Connector()
