"""
Cheapest insertion for any instance, in pure Python: the answer that comes when no engine does.

Customers go, tightest window or farthest first, where they lengthen the routes least, looking
only beside their nearest neighbours; who finds no place there looks everywhere. Pairs are put in
together. No clock, no randomness.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from linli_solver.instances.model import Instance, Routing
from linli_solver.instances.savings import fits_savings, nearest, savings

Place = tuple[int, "_Tour", list[int]]


@dataclass(slots=True, eq=False)
class _Tour:
    kind: int
    nodes: list[int] = field(default_factory=list)
    length: int = 0


def heuristic(instance: Instance) -> Routing:
    """Savings where they fit and hold, else insertion; customers may be left out."""
    if fits_savings(instance):
        routing = savings(instance)
        if len(routing.routes) <= len(instance.fleets[0].members):
            return routing
    return _Insertion(instance).run()


class _Insertion:
    def __init__(self, instance: Instance) -> None:
        self._of = instance
        self._metres = [[int(leg) for leg in row] for row in instance.distances]
        self._seconds = self._metres
        if instance.durations is not instance.distances:
            self._seconds = [[int(leg) for leg in row] for row in instance.durations]
        self._near = nearest(instance, self._metres)
        self._tours: list[_Tour] = []
        self._tour_of: dict[int, _Tour] = {}
        self._left = [len(fleet.members) for fleet in instance.fleets]

    def run(self) -> Routing:
        """Insert everything that finds a place."""
        for nodes in sorted(self._groups(), key=self._urgency):
            best = self._best(nodes, self._beside(nodes)) or self._best(nodes, self._tours)
            if best is not None:
                self._put(*best)
        return Routing(tuple((tour.kind, tuple(tour.nodes)) for tour in self._tours))

    def _groups(self) -> list[tuple[int, ...]]:
        paired = {node for pair in self._of.pairs for node in pair}
        single = [(node,) for node in self._of.customers if node not in paired]
        return [*single, *self._of.pairs]

    def _urgency(self, nodes: tuple[int, ...]) -> tuple[int, int, int]:
        away = self._metres[self._of.depots[0]][nodes[0]]
        return self._of.closes[nodes[-1]] if self._of.timed else 0, -away, nodes[0]

    def _beside(self, nodes: tuple[int, ...]) -> list[_Tour]:
        near = (self._tour_of.get(other) for node in nodes for other in self._near[node])
        return list(dict.fromkeys(tour for tour in near if tour is not None))[:12]

    def _best(self, nodes: tuple[int, ...], tours: Sequence[_Tour]) -> Place | None:
        best: Place | None = None
        idle = [_Tour(kind) for kind, left in enumerate(self._left) if left]
        if len(nodes) == 1:
            return self._best_of_one(nodes[0], (*tours, *idle))
        for tour in (*tours, *idle):
            for way in self._ways(tour, nodes):
                length = self._length(tour.kind, way)
                cost = self._cost(tour.kind, length) - self._cost(tour.kind, tour.length)
                if (best is None or cost < best[0]) and self._holds(tour.kind, way, length):
                    best = cost, tour, way
        return best

    def _best_of_one(self, node: int, tours: Sequence[_Tour]) -> Place | None:
        """Places by what they cost, up to the first that holds."""
        rows, found = self._metres, []
        for n, tour in enumerate(tours):
            depot = self._of.fleets[tour.kind].depot
            before = self._cost(tour.kind, tour.length)
            way = [depot, *tour.nodes, depot]
            for position, (a, b) in enumerate(pairwise(way)):
                length = tour.length + rows[a][node] + rows[node][b] - (rows[a][b] if a != b else 0)
                found.append((self._cost(tour.kind, length) - before, n, position, length))
        for cost, n, position, length in sorted(found):
            tour = tours[n]
            way = [*tour.nodes[:position], node, *tour.nodes[position:]]
            if self._holds(tour.kind, way, length):
                return cost, tour, way
        return None

    def _cost(self, kind: int, length: int) -> int:
        fleet = self._of.fleets[kind]
        dear = 10_000 * self._of.scale if self._of.fewest_vehicles else 0
        return fleet.unit_cost * length + fleet.fixed_cost + dear if length else 0

    def _ways(self, tour: _Tour, nodes: tuple[int, ...]) -> Iterator[list[int]]:
        for n in range(len(tour.nodes) + 1):
            way = [*tour.nodes[:n], nodes[0], *tour.nodes[n:]]
            for m in range(n + 1, len(way) + 1):
                yield [*way[:m], nodes[1], *way[m:]]

    def _length(self, kind: int, way: list[int]) -> int:
        depot, rows = self._of.fleets[kind].depot, self._metres
        total, at = 0, depot
        for node in way:
            total += rows[at][node]
            at = node
        return total + rows[at][depot]

    def _holds(self, kind: int, way: list[int], length: int) -> bool:
        of, fleet = self._of, self._of.fleets[kind]
        if length > fleet.max_distance or not all(fleet.serves(node) for node in way):
            return False
        load = 0 if of.pairs else sum([of.demands[node] for node in way])
        if load > fleet.capacity:
            return False
        return self._loads_hold(kind, way) and (not of.timed or self._times_hold(kind, way))

    def _loads_hold(self, kind: int, way: list[int]) -> bool:
        load, most = 0, self._of.fleets[kind].capacity
        for node in way if self._of.pairs else ():
            load += self._of.demands[node]
            if load > most:
                return False
        return True

    def _times_hold(self, kind: int, way: list[int]) -> bool:
        """In every window, and within the longest duration even when leaving at once."""
        of, fleet = self._of, self._of.fleets[kind]
        at, clock = fleet.depot, of.opens[fleet.depot]
        first = max(clock, of.opens[way[0]] - self._seconds[at][way[0]])
        clock = first  # No earlier than the first window needs.
        for node in way:
            clock = max(clock + self._seconds[at][node], of.opens[node])
            if clock > of.closes[node]:
                return False
            clock, at = clock + of.services[node], node
        clock += self._seconds[at][fleet.depot]
        return clock <= of.closes[fleet.depot] and clock - first <= fleet.max_duration

    def _put(self, cost: int, tour: _Tour, way: list[int]) -> None:
        if not tour.nodes:
            self._tours.append(tour)
            self._left[tour.kind] -= 1
        tour.nodes, tour.length = way, self._length(tour.kind, way)
        for node in way:
            self._tour_of[node] = tour
