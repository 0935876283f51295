"""JSON from outside: what has another type than it should have is taken for absent."""

import json


def parse(source):
    """A JSON object, or nothing when the text is something else."""
    try:
        value = json.loads(source)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def place(cursor, *fields):
    """What a cursor of ours says: exactly these fields, each a text or null. Nothing for any other: to
    begin at the beginning instead would give the same people twice, and nobody would know."""
    said = parse(cursor)
    if said is None or said.keys() != set(fields):
        return None
    return said if all(one is None or text(one) for one in said.values()) else None


def mapping(value):
    return value if isinstance(value, dict) else {}


def text(value):
    """A text that says something."""
    return value if isinstance(value, str) and value else None


def truth(value):
    return value if isinstance(value, bool) else None
