"""Filters (RFC 7644 §3.4.2.2). A value is a JSON string, which is all the quoting there is."""

import json


def equals(attribute, value):
    return f"{attribute} eq {json.dumps(value, ensure_ascii=False)}"


def any_of(attributes, value):
    return " or ".join(equals(attribute, value) for attribute in attributes)
