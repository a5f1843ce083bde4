"""
A public instance as the engines see it: integers, whatever its family's convention.

Nodes are numbered as solutions number them: by their place in the file, from 0, so that the depot
of a single-depot instance is 0. Distances are whole units of 1/`scale` of the file's unit. Travel
takes `durations`, which are the distances themselves where the convention truncates or rounds both
alike, and distances rounded *up* where the convention is plain double precision: what is in time
here is then in time for a checker that computes with doubles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from linli.routing.model import InvalidProblem

NEVER = 2**40
"""Seconds, metres or loads beyond every bound."""

Rows = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Fleet:
    """Vehicles that are alike; `members` are their places in the file's list, from 0."""

    members: tuple[int, ...]
    capacity: int
    depot: int
    fixed_cost: int = 0
    unit_cost: int = 1
    max_duration: int = NEVER
    max_distance: int = NEVER
    allowed: frozenset[int] | None = None

    def serves(self, node: int) -> bool:
        """Whether vehicles of this kind may go there."""
        return self.allowed is None or node in self.allowed


@dataclass(frozen=True, slots=True)
class Printed:
    """
    How the family writes a cost: the objective over `divisor` with `decimals` decimals; or, where
    `exact`, the sum of double-precision distances times unit costs over `divisor`.
    """

    divisor: int = 1
    decimals: int = 0
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """
    Costs are `fixed_cost + unit_cost × distance` of each route, in 1/`scale` units.

    `pairs` are (pick-up, delivery) nodes; the loads of such nodes are signed. `fewest_vehicles`:
    the number of routes counts before the cost. `listed`: solutions name every vehicle's route in
    the file's order, the empty ones too, since vehicles differ.
    """

    name: str
    scale: int
    distances: Rows
    durations: Rows
    depots: tuple[int, ...]
    demands: tuple[int, ...]
    services: tuple[int, ...]
    opens: tuple[int, ...]
    closes: tuple[int, ...]
    fleets: tuple[Fleet, ...]
    printed: Printed = Printed()
    points: tuple[tuple[float, float], ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()
    fewest_vehicles: bool = False
    listed: bool = False

    def __post_init__(self) -> None:
        """Check what every reader must have seen to."""
        size = len(self.distances)
        for field in ("demands", "services", "opens", "closes"):
            if len(getattr(self, field)) != size:
                raise InvalidProblem(field, f"not one for each of {size} nodes")
        if not self.depots:
            raise InvalidProblem("depots", "none")
        if not self.fleets:
            raise InvalidProblem("fleets", "none")

    @property
    def customers(self) -> list[int]:
        """Every node but the depots."""
        depots = set(self.depots)
        return [node for node in range(len(self.distances)) if node not in depots]

    @property
    def timed(self) -> bool:
        """Whether any window or duration binds."""
        bound = any(fleet.max_duration < NEVER for fleet in self.fleets)
        return bound or any(close < NEVER for close in self.closes)


@dataclass(frozen=True, slots=True)
class Routing:
    """Routes of an instance: for each, which fleet drives it, and the nodes without the depot."""

    routes: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def key(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """The same for the same set of routes."""
        return tuple(sorted(self.routes))


def route_cost(instance: Instance, fleet: int, nodes: Sequence[int]) -> int:
    """The objective's share of one route, without any weight of the vehicle's number."""
    kind = instance.fleets[fleet]
    way = [kind.depot, *nodes, kind.depot]
    rows = instance.distances
    metres = sum(int(rows[a][b]) for a, b in pairwise(way))
    return kind.fixed_cost + kind.unit_cost * metres


def cost(instance: Instance, routing: Routing) -> int:
    """The objective: the sum over the routes."""
    return sum(route_cost(instance, fleet, nodes) for fleet, nodes in routing.routes)


def rank(instance: Instance, routing: Routing) -> tuple[int, int]:
    """Smaller is better: the number of routes where it comes first, then the cost."""
    first = len(routing.routes) if instance.fewest_vehicles else 0
    return first, cost(instance, routing)
