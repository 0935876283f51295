"""Questions about single objects and grants."""

import json

from wit_world.imports import questions
from wit_world.imports.questions import Answer
from wit_world.imports.types import AccessPath, ErrorKind, GrantKind, ObjectRef

from scim import NONE
from scim.client import AT_ONCE, ask, ask_all, body, found, is_id, list_path, listed, path, value
from scim.errors import failure
from scim.filters import any_of
from scim.nesting import climb, ways
from scim.records import (
    GROUP,
    MEMBER,
    USER,
    WITHOUT_MEMBERS,
    grant,
    group,
    group_name,
    holds,
    member_key,
    members,
    skipped,
    user,
    user_name,
)
from scim.values import count, parse

COLLECTIONS = {USER: "Users", GROUP: "Groups"}


def read(service, request):
    begin = placed(request.cursor)
    match request.query:
        case questions.Query_Find(query):
            return find(service, query, begin)
        case questions.Query_Objects(keys):
            return objects(service, keys, begin)
        case questions.Query_Holders(query):
            return holders(service, query)
        case questions.Query_Holdings(principal):
            return holdings(service, principal)
        case questions.Query_Grant(key):
            return answer([grant(key)] if looked_up(service, key) else [])
        case questions.Query_Containers():
            return answer([])
        case questions.Query_Paths(query):
            return paths(service, query)


def find(service, query, begin):
    kind, term = query.kind, query.term
    if kind not in COLLECTIONS:
        return answer([])
    if isinstance(term, questions.Term_Id):
        return objects(service, [ObjectRef(kind, term.value)], 1)
    attributes = searched(kind, isinstance(term, questions.Term_Mail))
    if not attributes or not term.value:
        return answer([])
    without = WITHOUT_MEMBERS if kind == GROUP else {}
    fitting = list_path(service, COLLECTIONS[kind], begin, filter=any_of(attributes, term.value), **without)
    page = listed(ask(fitting), begin, f"for the {kind}s that fit a name")
    return answer([record(kind, one) for one in page.items], page.next)


def searched(kind, by_mail):
    """Where the term may be written: all that becomes a name, a login or a mail of the record."""
    if kind == GROUP:
        return [] if by_mail else ["displayName"]
    return ["emails.value"] if by_mail else ["userName", "displayName", "name.formatted"]


def objects(service, keys, begin):
    asked = [
        key for key in keys[begin - 1 : begin - 1 + AT_ONCE] if is_id(key.id) and key.kind in COLLECTIONS
    ]
    answers = ask_all([object_path(service, key, WITHOUT_MEMBERS) for key in asked])
    records = []
    for key, one in zip(asked, answers, strict=True):
        known = found(value(one), f"for the {named(key)}")
        if known is not None:
            records.append(record(key.kind, known))
    following = begin + AT_ONCE
    return answer(records, following if following <= len(keys) else None)


def holders(service, query):
    known = existing(service, query.resource)
    wanted = query.entitlement in (None, MEMBER) and query.resource.kind == GROUP
    return answer(members(known) if wanted else [])


def looked_up(service, key):
    """Whether the grant is there. A group that does not exist holds nobody."""
    if not is_membership(key) or not is_id(key.resource.id):
        return False
    response = ask(path(service, "Groups", key.resource.id))
    known = found(response, f"for the members of the {named(key.resource)}")
    return known is not None and holds(known, key.principal.id)


def is_membership(key):
    plain = key.kind == GrantKind.ACTIVE and key.scope is None
    kinds = key.principal.kind in COLLECTIONS and key.resource.kind == GROUP
    return plain and kinds and key.entitlement == MEMBER


def holdings(service, principal):
    existing(service, principal, WITHOUT_MEMBERS)
    web = climb(service, principal.id)
    direct = web.above.get(principal.id, [])
    records = []
    for id, known in web.groups.items():
        if id == principal.id:
            continue
        through = [one for one in web.groups if one != id and id in web.above.get(one, [])]
        via = ObjectRef(GROUP, min(through)) if id not in direct and through else None
        records += [group(known), grant(member_key(principal, ObjectRef(GROUP, id)), via)]
    return answer([*records, limit(principal)] if web.cut else records)


def paths(service, query):
    principal, resource = query.principal, query.resource
    begin = existing(service, principal, WITHOUT_MEMBERS)
    end = existing(service, resource, WITHOUT_MEMBERS)
    if query.entitlement != MEMBER or resource.kind != GROUP:
        return answer([])
    web = climb(service, principal.id)
    names = {id: group_name(known) for id, known in web.groups.items()}
    names[principal.id] = user_name(begin) if principal.kind == USER else group_name(begin)
    names[resource.id] = group_name(end)
    told, cut = ways(web, principal.id, resource.id)
    reply = answer([limit(resource)] if cut else [])
    reply.paths = [access_path(way, principal, names) for way in told]
    return reply


def access_path(way, principal, names):
    refs = [principal] + [ObjectRef(GROUP, id) for id in way[1:]]
    grants = [member_key(lower, upper) for lower, upper in zip(refs, refs[1:])]
    return AccessPath(grants, [names.get(id) or id for id in way], NONE)


def limit(object):
    return skipped(
        object, "path-limit", "There are more groups or ways than are looked at: the list is not complete."
    )


def existing(service, key, query=None):
    """The object, which must exist."""
    if key.kind not in COLLECTIONS:
        raise failure(
            ErrorKind.NOT_FOUND,
            "not-found",
            f"There is no {named(key)}: SCIM knows users and groups.",
            remedy="Check the kind.",
        )
    return body(ask(object_path(service, key, query)), f"for the {named(key)}")


def object_path(service, key, query=None):
    """Where an object is; the query is for groups."""
    return path(service, COLLECTIONS[key.kind], key.id, **(query or {} if key.kind == GROUP else {}))


def named(key):
    return f"{key.kind} `{key.id}`"


def record(kind, known):
    return group(known) if kind == GROUP else user(known)


def answer(records, following=None):
    return Answer(records, [], None if following is None else json.dumps({"from": following}), NONE)


def placed(cursor):
    """From 1, as the service counts."""
    begin = 1 if cursor is None else count((parse(cursor) or {}).get("from"))
    if not begin:
        raise failure(
            ErrorKind.INVALID_REQUEST,
            "foreign-cursor",
            "The place in the answer is not one of this connector.",
            remedy="Ask again from the beginning.",
        )
    return begin
