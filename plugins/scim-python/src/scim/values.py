"""JSON from outside, read tolerantly: what has another type than it should have is not there."""

import json


def parse(source):
    """A JSON object, or nothing when the text is something else."""
    try:
        value = json.loads(source)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def text(value):
    """A text that says something."""
    return value if isinstance(value, str) and value else None


def objects(value):
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def mapping(value):
    return value if isinstance(value, dict) else {}


def count(value):
    """A whole number that is not negative. To Python, a truth value is a number."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value
