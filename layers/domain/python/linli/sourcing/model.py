"""What is to be supplied, from where it could be, and what that costs: metres and units only."""

from collections.abc import Mapping
from dataclasses import dataclass

from linli.stock import Shelf

SPLIT_METRES = 1_000
"""What each further store of an order costs, as a way: two minutes of handling at 15 km/h are
500 m, and the detour to it about as much again (assumption)."""

Choice = Mapping[Shelf, int]
"""The units that each shelf gives to one order, none of them 0."""


@dataclass(frozen=True, slots=True)
class Demand:
    """
    An order that holds units and may hold them elsewhere.

    `metres` are the ways from each store to its door, `allowed` the shelves that may supply it;
    what it holds now is always allowed.
    """

    order_id: str
    wanted: Mapping[str, int]
    held: Choice
    metres: Mapping[str, int]
    allowed: frozenset[Shelf]


@dataclass(frozen=True, slots=True)
class Sourcing:
    """
    The orders of a wave that may be supplied otherwise, and what may be promised beside what they
    hold: `free` units by shelf, above protection, reserves and what is too short-lived.
    """

    demands: tuple[Demand, ...]
    free: Mapping[Shelf, int]

    @property
    def room(self) -> dict[Shelf, int]:
        """What these orders may hold of each shelf: what they do hold, and what is free."""
        room = dict(self.free)
        for demand in self.demands:
            for shelf, units in demand.held.items():
                room[shelf] = room.get(shelf, 0) + units
        return room


@dataclass(frozen=True, slots=True)
class Outlay:
    """The ways from stores to doors, and how often an order has one more store than one."""

    metres: int
    splits: int

    @property
    def total(self) -> int:
        """Both as metres: what is minimised."""
        return self.metres + SPLIT_METRES * self.splits

    def __add__(self, other: "Outlay") -> "Outlay":
        return Outlay(self.metres + other.metres, self.splits + other.splits)
