"""Groups within groups: all that somebody is in, and by which ways."""

from collections import deque
from dataclasses import dataclass, field

from scim.client import AT_ONCE, ask_all, list_path, listed, value
from scim.filters import equals
from scim.records import WITHOUT_MEMBERS
from scim.values import text

# Objects whose groups are asked for.
MOST_GROUPS = 300
# Ways that are told.
MOST_WAYS = 200


@dataclass
class Web:
    """Who is directly in what."""

    # The groups that each object is directly in, by ids.
    above: dict = field(default_factory=dict)
    groups: dict = field(default_factory=dict)
    # Whether groups were left out.
    cut: bool = False


def climb(service, principal):
    """Walks upward, level by level. Each group is looked at once, so that cycles end."""
    web = Web()
    level = [principal]
    while level:
        room = MOST_GROUPS - len(web.above)
        web.cut = web.cut or len(level) > room
        found = containing(service, level[: max(room, 0)])
        for id, groups in found.items():
            web.above[id] = sorted(groups)
            web.groups.update(groups)
        seen = {key for groups in found.values() for key in groups}
        level = [] if web.cut else sorted(seen - web.above.keys())
    return web


def containing(service, ids):
    """The groups that each of these is directly in."""
    found = {id: {} for id in ids}
    pending = deque((id, 1) for id in ids)
    while pending:
        batch = [pending.popleft() for _ in range(min(AT_ONCE, len(pending)))]
        answers = ask_all(
            [
                list_path(service, "Groups", start, filter=equals("members.value", id), **WITHOUT_MEMBERS)
                for id, start in batch
            ]
        )
        for (id, start), answer in zip(batch, answers, strict=True):
            page = listed(value(answer), start, f"which groups `{id}` is in")
            for group in page.items:
                key = text(group.get("id"))
                if key is not None:
                    found[id][key] = group
            if page.next is not None:
                pending.append((id, page.next))
    return found


def ways(web, begin, end):
    """Every way without a repeated object, the shortest first; and whether some were left out."""
    found = []
    # Breadth first gives the shortest ways first, which matters when the bound cuts.
    open_ways = deque([[begin]])
    while open_ways:
        way = open_ways.popleft()
        for following in web.above.get(way[-1], []):
            if following not in way:
                (found if following == end else open_ways).append([*way, following])
        if len(found) > MOST_WAYS or len(open_ways) > MOST_WAYS * MOST_GROUPS:
            return found[:MOST_WAYS], True
    return found, web.cut
