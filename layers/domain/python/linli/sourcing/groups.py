"""
Which orders have to move together, so that each step can be carried out by itself. Pure.

Orders that exchange units of a shelf of which not enough is free depend on each other: they make
one group, written at once or not at all. Groups do not need each other, so that whatever becomes
of one, the others still fit and still cost less than what was held.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linli.sourcing.model import Choice, Demand, Sourcing
from linli.sourcing.rules import outlay_of
from linli.stock import Shelf

MOST_WRITES = 90
"""Two for each order and one for each shelf must fit into one transaction of 100."""


@dataclass(frozen=True, slots=True)
class Group:
    """Orders with their new choices, and by how much the held units of each shelf change."""

    choices: Mapping[str, Choice]
    change: Mapping[Shelf, int]
    saved: int


def groups(problem: Sourcing, choices: Mapping[str, Choice]) -> list[Group]:
    """
    The groups of orders whose choice differs from what they hold, the most saving first; those
    that would cost more, or do not fit into one write, are left out and stay as they are.
    """
    moved = [d for d in problem.demands if dict(choices[d.order_id]) != dict(d.held)]
    found = [_group(each, choices) for each in _linked(problem, moved, choices)]
    worth = [g for g in found if g.saved > 0 and _writes(g) <= MOST_WRITES]
    return sorted(worth, key=lambda group: (-group.saved, min(group.choices)))


def _writes(group: Group) -> int:
    return 2 * len(group.choices) + len(group.change)


def _group(demands: Sequence[Demand], choices: Mapping[str, Choice]) -> Group:
    change: Counter[Shelf] = Counter()
    saved = 0
    for demand in demands:
        choice = choices[demand.order_id]
        change.update(choice)
        change.subtract(demand.held)
        saved += outlay_of(demand, demand.held).total - outlay_of(demand, choice).total
    return Group(
        {demand.order_id: choices[demand.order_id] for demand in demands},
        {shelf: units for shelf, units in sorted(change.items()) if units},
        saved,
    )


def _linked(
    problem: Sourcing, moved: Sequence[Demand], choices: Mapping[str, Choice]
) -> list[list[Demand]]:
    """The moved orders, those together that share a shelf of which not enough is free for all."""
    takes: Counter[Shelf] = Counter()
    users: dict[Shelf, list[int]] = defaultdict(list)
    for n, demand in enumerate(moved):
        for shelf, more in _changes(demand, choices[demand.order_id]):
            takes[shelf] += max(0, more)
            users[shelf].append(n)
    scarce = [those for shelf, those in users.items() if takes[shelf] > problem.free.get(shelf, 0)]
    together: dict[int, list[Demand]] = defaultdict(list)
    for n, leader in enumerate(_leaders(len(moved), scarce)):
        together[leader].append(moved[n])
    return list(together.values())


def _changes(demand: Demand, choice: Choice) -> list[tuple[Shelf, int]]:
    shelves = sorted({*choice, *demand.held})
    changes = [(shelf, choice.get(shelf, 0) - demand.held.get(shelf, 0)) for shelf in shelves]
    return [(shelf, more) for shelf, more in changes if more]


def _leaders(count: int, linked: Sequence[Sequence[int]]) -> list[int]:
    """For each number the least one that it is linked with, through others or not."""
    leader = list(range(count))
    moving = True
    while moving:
        moving = False
        for those in linked:
            least = min(leader[n] for n in those)
            for n in those:
                moving = moving or leader[n] != least
                leader[n] = least
    return leader
