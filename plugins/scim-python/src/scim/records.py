"""The service's users and groups in the words of the contract (RFC 7643 §4)."""

import json
import re

from wit_world.imports.types import (
    Account,
    Grant,
    GrantKey,
    GrantKind,
    ObjectRef,
    Record_Account,
    Record_Grant,
    Record_Resource,
    Record_Skipped,
    Resource,
    Skipped,
)

from scim import NONE
from scim.moments import date_time
from scim.values import mapping, objects, text

USER = "user"
GROUP = "group"
MEMBER = "member"

# What is asked of a group whose members are not needed: there may be a hundred thousand.
WITHOUT_MEMBERS = {"excludedAttributes": "members"}
IN_GROUPS = re.compile(r"(?:^|/)Groups/[^/]+$")


def user_name(user):
    formatted = text(mapping(user.get("name")).get("formatted"))
    return text(user.get("displayName")) or formatted or text(user.get("userName")) or text(user.get("id"))


def group_name(group):
    return text(group.get("displayName")) or text(group.get("id"))


def user(found):
    id = text(found.get("id"))
    if id is None:
        return skipped(None, "object-without-id", "The SCIM service gave a user without an id.")
    active = found.get("active")
    return Record_Account(
        Account(
            key=ObjectRef(USER, id),
            name=user_name(found),
            login=text(found.get("userName")),
            mail=mail(found),
            enabled=active if isinstance(active, bool) else None,
            external=False,
            limited=False,
            created=created(found),
            attributes=attributes(found),
        )
    )


def group(found):
    id = text(found.get("id"))
    if id is None:
        return skipped(None, "object-without-id", "The SCIM service gave a group without an id.")
    return Record_Resource(
        Resource(
            key=ObjectRef(GROUP, id),
            name=group_name(found),
            class_=GROUP,
            login=None,
            mail=None,
            created=created(found),
            refusals=[],
            privileged=False,
            keeps_last_holder=[],
            attributes=attributes(found),
        )
    )


def members(found):
    """The grants that a group's members are, and what of them is not understood."""
    id = text(found.get("id"))
    if id is None:
        return []
    return [membership(ObjectRef(GROUP, id), member) for member in objects(found.get("members"))]


def membership(resource, member):
    id = text(member.get("value"))
    if id is None:
        return skipped(
            resource, "member-without-id", "The group has a member that the SCIM service gives no id of."
        )
    kind = member_kind(member)
    if kind is None:
        return skipped(
            resource, "unknown-member-type", "The group has a member that is neither a user nor a group."
        )
    return grant(member_key(ObjectRef(kind, id), resource))


def member_kind(member):
    """
    What a member is: by its type, else by where it is. Both are optional (RFC 7643 §4.2); a service
    that tells neither has users only.
    """
    type = text(member.get("type"))
    if type is not None:
        return type.lower() if type.lower() in (USER, GROUP) else None
    return GROUP if IN_GROUPS.search(text(member.get("$ref")) or "") else USER


def holds(found, id):
    return any(member.get("value") == id for member in objects(found.get("members")))


def member_key(principal, resource):
    return GrantKey(principal, resource, MEMBER, None, GrantKind.ACTIVE)


def grant(key, via=None):
    return Record_Grant(Grant(key, None, None, via, None, NONE))


def skipped(object, code, message):
    return Record_Skipped(Skipped(object, code, message, NONE))


def mail(user):
    mails = objects(user.get("emails"))
    chosen = [one for one in mails if one.get("primary") is True] or mails
    return text(chosen[0].get("value")) if chosen else None


def created(found):
    return date_time(text(mapping(found.get("meta")).get("created")))


def attributes(found):
    external_id = text(found.get("externalId"))
    return NONE if external_id is None else json.dumps({"externalId": external_id})
