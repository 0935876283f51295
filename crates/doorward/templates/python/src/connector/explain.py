"""The service's refusal of the token. The host asks for this when it gets a 401."""

import json

from wit_world.imports.types import ErrorKind

from connector.errors import error
from connector.values import mapping, parse, text

# What of the connection the remedy changes.
TOKEN = json.dumps({"pointer": "/token"})


def explain(failure):
    """The service's message is not repeated here: some services quote the token in it."""
    told = mapping((parse(failure.body) or {}).get("error"))
    return error(
        ErrorKind.UNAUTHENTICATED,
        "token-refused",
        "The Teams service does not accept the token of the connection.",
        remedy="It is wrong, revoked or expired: make a new token in the service and put it into the connection.",
        # Only a code that is known: what else stands there could be anything.
        code="unauthorized" if text(told.get("code")) == "unauthorized" else None,
        request_id=failure.request_id,
        causes=[f"The answer was {failure.status}."],
        attributes=TOKEN,
    )
