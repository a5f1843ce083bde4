"""Whether memberships, buildings and months add up; reads the table whole."""

from collections import Counter
from collections.abc import Iterator

from linli.kernel import reads
from linli.leaders.rows import LEADER, MONTH, LeadersItem


def breaches() -> Iterator[str]:
    """A building's members are those who joined it, a month's orders those of its buyers."""
    joined: Counter[tuple[str, str]] = Counter()
    kept: dict[tuple[str, str], tuple[str, int]] = {}
    bought: Counter[str] = Counter()
    months: dict[str, int] = {}
    leaders: dict[tuple[str, str], set[str]] = {}
    for item in reads.scan(LeadersItem):
        kind, _, who = item.pk.partition("#")
        place = str(item.community_id), str(item.building)
        if kind == "COMMUNITY":
            kept[place] = str(item.leader_id), int(item.members or 0)
        elif kind == "RESIDENT" and item.sk == LEADER:
            joined[place] += 1
            leaders.setdefault(place, set()).add(str(item.leader_id))
        elif kind == "BUYERS":
            bought[who] += int(item.orders or 0)
        elif kind == "LEADER" and item.sk.startswith(MONTH):
            months[f"{who}#{item.sk.removeprefix(MONTH)}"] = int(item.orders or 0)
    yield from _members(kept, joined, leaders)
    for month in sorted(months.keys() | bought.keys()):
        orders = months.get(month, 0)
        if orders != bought[month]:
            yield f"{month}: {orders} orders counted, its residents had {bought[month]}"


def _members(
    kept: dict[tuple[str, str], tuple[str, int]],
    joined: Counter[tuple[str, str]],
    leaders: dict[tuple[str, str], set[str]],
) -> Iterator[str]:
    for place in sorted(kept.keys() | joined.keys()):
        leader_id, members = kept.get(place, ("", 0))
        if members != joined[place]:
            yield f"{place}: {members} members counted, {joined[place]} have joined"
        if leaders.get(place, {leader_id}) != {leader_id}:
            yield f"{place}: somebody has joined another leader than {leader_id}"
