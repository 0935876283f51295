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
    # Only null says that it is free. What is absent, or new one day, does not: better not changed than wrongly.
    manager = known.get("managed_by", "")
    return Record_Resource(
        Resource(
            key=ObjectRef(TEAM, id),
            name=text(known.get("name")) or id,
            class_=TEAM if manager is None else DIRECTORY_TEAM,
            login=None,
            mail=None,
            created=None,
            refusals=refusals(manager),
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
    return unchangeable(refusal)


def manager_unknown():
    refusal = Refusal(
        code="manager-unknown",
        message="The Teams service does not say who fills this team, so that nothing is changed in it.",
        remedy="Look into the Teams service where the members of this team come from, and change them there.",
        attributes=NONE,
    )
    return unchangeable(refusal)


def refusals(manager):
    if manager is None:
        return []
    return [managed_by_directory() if manager == "directory" else manager_unknown()]


def unchangeable(refusal):
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
