"""Questions about single objects and grants. The host asks them before and after each change."""

import json

from wit_world.imports import questions
from wit_world.imports.questions import Answer
from wit_world.imports.types import AccessPath, ErrorKind, ObjectRef, Record_Account

from connector import NONE
from connector.client import ask, ask_all, body, found, is_id, is_not_found, list_path, listed, path
from connector.errors import failure, unreadable
from connector.records import MEMBER, TEAM, USER, account, grant, is_membership, member, membership, named, team
from connector.values import mapping, place, text

# Where objects of a kind are, and how they are told.
COLLECTIONS = {USER: "users", TEAM: "teams"}
RECORDS = {USER: account, TEAM: team}


def read(service, request):
    after = placed(request.cursor)
    match request.query:
        case questions.Query_Find(query):
            return find(service, query.kind, query.term, after)
        case questions.Query_Objects(keys):
            return answer(objects(service, keys))
        case questions.Query_Holders(query):
            return holders(service, query, after)
        case questions.Query_Holdings(principal):
            return holdings(service, principal, after)
        case questions.Query_Grant(key):
            return answer([grant(key)] if holds(service, key) else [])
        case questions.Query_Containers():
            # Nothing contains a team.
            return answer([])
        case questions.Query_Paths(query):
            return paths(service, query)


def find(service, kind, term, after):
    """Candidates are enough: the host compares exactly, and refuses when several fit."""
    if kind not in COLLECTIONS:
        return answer([])
    if isinstance(term, questions.Term_Id):
        return answer(objects(service, [ObjectRef(kind, term.value)]))
    by_mail = isinstance(term, questions.Term_Mail)
    if by_mail and kind == TEAM:
        return answer([])
    wanted = {"email": term.value} if by_mail else {"name": term.value}
    collection = COLLECTIONS[kind]
    response = ask(list_path(service, collection, after=after, **wanted))
    page = listed(response, collection, after, f"for the {collection} that fit a name")
    records = [RECORDS[kind](one) for one in page.items]
    if kind == USER and not by_mail and after is None:
        # A name is also what somebody signs in with, which is the id here.
        records += objects(service, [ObjectRef(kind, term.value)])
    return answer(records, page.next)


def objects(service, keys):
    """Those that do not exist are missing in the answer, which is no error."""
    asked = [key for key in keys if key.kind in COLLECTIONS and is_id(key.id)]
    answers = ask_all([object_path(service, key) for key in asked])
    known = [(key, found(one, f"for the {named(key)}")) for key, one in zip(asked, answers, strict=True)]
    return [RECORDS[key.kind](one) for key, one in known if one is not None]


def holders(service, query, after):
    key = query.resource
    if key.kind != TEAM or query.entitlement not in (None, MEMBER):
        # Nobody holds it, but only of what exists.
        existing(service, key)
        return answer([])
    doing = f"for the members of the {named(key)}"
    response = ask(list_path(service, "teams", key.id, "members", after=after))
    page = listed(response, "members", after, doing)
    # The service tells its members whole, which saves the host a question for each.
    people = [account(one) for one in page.items]
    grants = [member(key.id, one) for one in page.items]
    return answer([*(one for one in people if isinstance(one, Record_Account)), *grants], page.next)


def holdings(service, principal, after):
    if principal.kind != USER:
        existing(service, principal)
        return answer([])
    doing = f"for the teams of the {named(principal)}"
    response = ask(list_path(service, "users", principal.id, "teams", after=after))
    page = listed(response, "teams", after, doing)
    ids = [text(mapping(one).get("id")) for one in page.items]
    grants = [grant(membership(principal.id, id)) for id in ids if id is not None]
    return answer([*(team(one) for one in page.items), *grants], page.next)


def holds(service, key):
    """Whether the grant is there: by the teams of the user, who is in few; a team can have thousands
    of members. Who does not exist holds nothing."""
    if not is_membership(key) or not is_id(key.principal.id):
        return False
    doing = f"for the teams of the {named(key.principal)}"
    seen = set()
    after = None
    while True:
        response = ask(list_path(service, "users", key.principal.id, "teams", after=after))
        if is_not_found(response):
            return False
        page = listed(response, "teams", after, doing)
        if any(mapping(one).get("id") == key.resource.id for one in page.items):
            return True
        if page.next is None:
            return False
        if page.next in seen:
            raise unreadable(response, doing, "its pages go round in a circle")
        seen.add(page.next)
        after = page.next


def paths(service, query):
    """There is one way at most: teams do not contain teams."""
    user = existing(service, query.principal)
    resource = existing(service, query.resource)
    key = membership(query.principal.id, query.resource.id)
    asked = (query.principal, query.resource, query.entitlement)
    reply = answer([])
    if asked == (key.principal, key.resource, key.entitlement) and holds(service, key):
        names = [text(one.get("name")) or text(one.get("id")) for one in (user, resource)]
        reply.paths = [AccessPath([key], names, NONE)]
    return reply


def existing(service, key):
    """The object, which must exist: that nobody has access to what is not there is true and misleads."""
    if key.kind not in COLLECTIONS:
        raise failure(
            ErrorKind.NOT_FOUND,
            "not-found",
            f"There is no {named(key)}: the Teams service knows users and teams.",
            remedy="Check the kind.",
        )
    return body(ask(object_path(service, key)), f"for the {named(key)}")


def object_path(service, key):
    return path(service, COLLECTIONS[key.kind], key.id)


def answer(records, following=None):
    return Answer(records, [], None if following is None else json.dumps({"after": following}), NONE)


def placed(cursor):
    """Where the page before ended; nothing for the first."""
    if cursor is None:
        return None
    told = place(cursor, "after")
    if told is None or told["after"] is None:
        raise failure(
            ErrorKind.INVALID_REQUEST,
            "foreign-cursor",
            "The place in the answer is none of this connector.",
            remedy="Ask again without a cursor.",
        )
    return told["after"]
