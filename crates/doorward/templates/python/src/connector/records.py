"""The service's users, teams and members in the words of Doorward."""

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
    Refusal,
    RefusalRule,
    Resource,
    Skipped,
)

from connector import NONE
from connector.values import mapping, text, truth

# Kinds, which people write in selectors: `user:alice`, `team:Chess`.
USER = "user"
TEAM = "team"
# The one right on a team.
MEMBER = "member"
# The class of a team that is filled from elsewhere; others have the class TEAM.
DIRECTORY_TEAM = "directory-team"


def account(found):
    user = mapping(found)
    id = text(user.get("id"))
    if id is None:
        return without_id("user")
    return Record_Account(
        Account(
            key=ObjectRef(USER, id),
            name=text(user.get("name")) or id,
            # In the Teams service people sign in with their id.
            login=id,
            mail=text(user.get("email")),
            # Nothing, when the service does not tell: to guess would mark the wrong people.
            enabled=truth(user.get("active")),
            external=False,
            limited=False,
            created=None,
            attributes=NONE,
        )
    )


def team(found):
    known = mapping(found)
    id = text(known.get("id"))
    if id is None:
        return without_id("team")
    # What the service may add one day is taken for managed, too: better not changed than wrongly.
    managed = known.get("managed_by") is not None
    return Record_Resource(
        Resource(
            key=ObjectRef(TEAM, id),
            name=text(known.get("name")) or id,
            class_=DIRECTORY_TEAM if managed else TEAM,
            login=None,
            mail=None,
            created=None,
            refusals=[managed_by_directory()] if managed else [],
            privileged=False,
            keeps_last_holder=[],
            attributes=NONE,
        )
    )


def managed_by_directory():
    """Said before anybody tries, so that nobody waits for an approval of what cannot be done."""
    refusal = Refusal(
        code="managed-by-directory",
        message="The members of this team come from the directory, and the Teams service lets nobody change them.",
        remedy="Change the membership in the directory; it comes here by itself.",
        attributes=NONE,
    )
    return RefusalRule(entitlements=[MEMBER], principals=[], can_be_taken=False, refusal=refusal, attributes=NONE)


def member(team_id, found):
    """The grant that a member of a team is."""
    id = text(mapping(found).get("id"))
    if id is None:
        return without_id("member", ObjectRef(TEAM, team_id))
    return grant(membership(id, team_id))


def membership(user_id, team_id):
    return GrantKey(ObjectRef(USER, user_id), ObjectRef(TEAM, team_id), MEMBER, None, GrantKind.ACTIVE)


def grant(key):
    return Record_Grant(Grant(key, None, None, None, None, NONE))


def is_membership(key):
    """Whether this grant can exist in the service at all."""
    return key == membership(key.principal.id, key.resource.id)


def without_id(what, object=None):
    return skipped(object, "object-without-id", f"The Teams service gave a {what} without an id.")


def skipped(object, code, message):
    """What could not be read must be told: a gap looks like access that is gone."""
    return Record_Skipped(Skipped(object, code, message, NONE))


def named(key):
    return f"{key.kind} `{key.id}`"
