"""The connection, and the one endpoint that it needs."""

import json
import re
from dataclasses import dataclass

from wit_world.imports.endpoints import Endpoint, HeaderCredential, Scheme_Header

from connector import NONE

# The endpoint's name in requests.
ENDPOINT = "teams"

# Origin, then path. A segment cannot begin with a dot: one of dots alone would lead elsewhere.
BASE_URL = r"(https?://[^/?#@\s\\]+)((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?"


@dataclass
class Service:
    # Scheme, host and port.
    origin: str
    # What every path begins with, e.g. `/api/v1`.
    base: str
    # The same with every value replaced: the path comes from the connection.
    template: str
    # Stands for the token, which only the host knows.
    token: str


def open_connection(connection):
    """The host has compared the connection with the schema: what fits it can be opened."""
    values = json.loads(connection)
    origin, base = re.fullmatch(BASE_URL, values["base_url"]).groups()
    return Service(origin, base, "/{}" * base.count("/"), values["token"]["pointer"])


def reach(service):
    """Where the host may send requests, and how it authenticates there. The operator approves it."""
    credential = HeaderCredential("Authorization", "Bearer ", service.token, NONE)
    return [
        Endpoint(
            name=ENDPOINT,
            origin=service.origin,
            scheme=Scheme_Header(credential),
            read_posts=[],
            claims=[],
            # Only an address that somebody wrote into the connection may be on this machine.
            named_by_connection=True,
            attributes=NONE,
        )
    ]
