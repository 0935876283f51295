"""The connection, and the one endpoint that it needs."""

import re
from dataclasses import dataclass

from wit_world.imports.endpoints import Endpoint, HeaderCredential, Scheme_Header
from wit_world.imports.types import ErrorKind

from scim import NONE
from scim.errors import failure
from scim.values import mapping, parse, text

# The endpoint's name in requests.
ENDPOINT = "scim"

BASE_URL = re.compile(r"(https?://[^/?#@\s\\]+)((?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*)/?")
DOTS = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


@dataclass
class Service:
    # Scheme, host and port.
    origin: str
    # What every path begins with, e.g. `/scim/v2`, or nothing.
    base: str
    # The same with every value replaced: the path comes from the connection.
    template: str
    # Stands for the token.
    token: str


def open_connection(connection):
    values = parse(connection) or {}
    matched = BASE_URL.fullmatch(text(values.get("base_url")) or "")
    token = text(mapping(values.get("token")).get("pointer"))
    segments = matched[2].split("/")[1:] if matched else []
    if matched is None or token is None or any(DOTS.fullmatch(one) for one in segments):
        raise failure(
            ErrorKind.INVALID_CONNECTION,
            "base-url",
            "The base_url of the connection is not the address of a SCIM service.",
            remedy="Write it without query, user and password, e.g. https://example.com/scim/v2.",
        )
    return Service(matched[1], matched[2], "/{}" * len(segments), token)


def reach(service):
    credential = HeaderCredential("Authorization", "Bearer ", service.token, NONE)
    return [
        Endpoint(
            name=ENDPOINT,
            origin=service.origin,
            scheme=Scheme_Header(credential),
            read_posts=[],
            claims=[],
            named_by_connection=True,
            attributes=NONE,
        )
    ]
