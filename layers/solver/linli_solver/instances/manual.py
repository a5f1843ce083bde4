"""
The manual baseline on public instances: first come, nearest next.

Vehicles leave one after another; each goes to the nearest customer that it can still carry, reach
in time and come home from, until there is none. Whatever is picked up must still be deliverable.
It is what people do with a list and a map, and the measure that the benchmark compares with.
"""

from dataclasses import dataclass, field

from linli_solver.instances.model import Fleet, Instance, Routing, Rows


def nearest_next(instance: Instance) -> Routing:
    """The routes made by hand; customers may be left out when vehicles run short."""
    rows = [[int(leg) for leg in row] for row in instance.distances]
    left = set(instance.customers)
    routes = []
    for kind, fleet in enumerate(instance.fleets):
        for _ in fleet.members:
            nodes = _Walk(instance, fleet, rows).run(left)
            if not nodes:
                break
            left.difference_update(nodes)
            routes.append((kind, tuple(nodes)))
    return Routing(tuple(routes))


@dataclass(slots=True)
class _Walk:
    """One vehicle on its way."""

    of: Instance
    fleet: Fleet
    rows: Rows
    nodes: list[int] = field(default_factory=list)
    aboard: set[int] = field(default_factory=set)  # Where what was picked up has to go.
    at: int = -1
    clock: int = 0
    began: int = 0
    load: int = 0
    metres: int = 0

    def run(self, left: set[int]) -> list[int]:
        """Visit what can be visited; the nodes in their order."""
        self.at, self.clock = self.fleet.depot, self.of.opens[self.fleet.depot]
        partner = dict(self.of.pairs)
        deliveries = set(partner.values())
        left = set(left)
        while True:
            row = self.rows[self.at]
            ready = (node for node in left if node not in deliveries or node in self.aboard)
            for node in sorted(ready, key=row.__getitem__):
                if self._can(node, partner.get(node)):
                    break
            else:
                return self.nodes
            self._go(node, partner.get(node))
            left.discard(node)

    def _start(self, node: int) -> int:
        return max(self.clock + int(self.of.durations[self.at][node]), self.of.opens[node])

    def _can(self, node: int, drop: int | None) -> bool:
        of, fleet, start = self.of, self.fleet, self._start(node)
        fits = fleet.serves(node) and self.load + of.demands[node] <= fleet.capacity
        if not fits or start > of.closes[node]:
            return False
        home = self.rows[self.at][node] + self.rows[node][fleet.depot]
        if self.metres + home > fleet.max_distance:
            return False
        began = self.began if self.nodes else start - int(of.durations[self.at][node])
        open_ = (self.aboard - {node}) | ({drop} if drop is not None else set())
        back = self._home_after(node, start, open_)
        return back is not None and back - began <= fleet.max_duration

    def _home_after(self, node: int, start: int, drops: set[int]) -> int | None:
        """When the vehicle is home after `node` and its drops, soonest deadline first, if it is."""
        of, at, clock = self.of, node, start + self.of.services[node]
        for drop in sorted(drops, key=of.closes.__getitem__):
            clock = max(clock + int(of.durations[at][drop]), of.opens[drop])
            if clock > of.closes[drop]:
                return None
            clock, at = clock + of.services[drop], drop
        clock += int(of.durations[at][self.fleet.depot])
        return clock if clock <= of.closes[self.fleet.depot] else None

    def _go(self, node: int, drop: int | None) -> None:
        start = self._start(node)
        if not self.nodes:
            self.began = start - int(self.of.durations[self.at][node])
        self.metres += self.rows[self.at][node]
        self.load += self.of.demands[node]
        self.aboard.discard(node)
        if drop is not None:
            self.aboard.add(drop)
        self.nodes.append(node)
        self.at, self.clock = node, start + self.of.services[node]
