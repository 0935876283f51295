"""The service's refusal of the token, in words that help."""

import json
import re

from wit_world.imports.types import ErrorKind

from scim.errors import cause, error
from scim.values import parse, text

# What of the connection the remedy changes.
TOKEN = json.dumps({"pointer": "/token"})

CODE = re.compile(r'(?:^|[\s,])error="?([a-z_]+)"?')
# Codes of RFC 6750 §3.1; the English text is only quoted.
REMEDIES = {
    "invalid_token": "It is wrong, revoked or expired: make a new token in the service and put it into the connection.",
    "insufficient_scope": "Make a token that may read and write users and groups, and put it into the connection.",
}
REMEDY = "Make a new token in the service and put it into the connection. If it is new, check that base_url is the address that belongs to it."


def explain(failure):
    matched = CODE.search(failure.challenge or "")
    code = matched[1] if matched else None
    body = parse(failure.body) or {}
    return error(
        ErrorKind.UNAUTHENTICATED,
        "token-refused",
        "The SCIM service does not accept the token of the connection.",
        remedy=REMEDIES.get(code, REMEDY),
        code=code,
        request_id=failure.request_id,
        causes=[cause(failure.status, text(body.get("detail")))],
        attributes=TOKEN,
    )
