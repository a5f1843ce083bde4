"""
The independent check of a routing of an instance: everything anew, from the instance's numbers.

It shares no code with the searches. Times and distances are in the instance's own units.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from linli_solver.instances.model import NEVER, Fleet, Instance, Routing


def faults(instance: Instance, routing: Routing) -> list[str]:
    """Everything that is wrong with the routing; empty when it may be driven."""
    return [
        *_served(instance, routing),
        *_fleet_sizes(instance, routing),
        *_routes(instance, routing),
    ]


def _served(instance: Instance, routing: Routing) -> Iterator[str]:
    visits = Counter(node for _, nodes in routing.routes for node in nodes)
    for node in instance.customers:
        if visits[node] != 1:
            yield f"node {node} is visited {visits[node]} times"
    yield from (f"node {node} is no customer" for node in visits.keys() - {*instance.customers})


def _fleet_sizes(instance: Instance, routing: Routing) -> Iterator[str]:
    used = Counter(fleet for fleet, _ in routing.routes)
    for fleet, count in used.items():
        if count > len(instance.fleets[fleet].members):
            yield f"{count} vehicles of kind {fleet} are used, more than there are"


def _routes(instance: Instance, routing: Routing) -> Iterator[str]:
    for n, (kind, nodes) in enumerate(routing.routes):
        if any(not 0 <= node < len(instance.distances) for node in nodes):
            return  # Said already.
        fleet = instance.fleets[kind]
        if any(not fleet.serves(node) for node in nodes):
            yield f"route {n} visits what its vehicle may not"
        if not _carries(instance, fleet, nodes):
            yield f"route {n} is overloaded"
        if not _paired(instance, nodes):
            yield f"route {n} separates a pair"
        way = [fleet.depot, *nodes, fleet.depot]
        if sum(int(instance.distances[a][b]) for a, b in pairwise(way)) > (fleet.max_distance):
            yield f"route {n} is too long"
        yield from (f"route {n} {fault}" for fault in _times(instance, fleet, nodes))


def _carries(instance: Instance, fleet: Fleet, nodes: tuple[int, ...]) -> bool:
    demands = [instance.demands[node] for node in nodes]
    if not instance.pairs:
        return sum(demands) <= fleet.capacity
    load = 0
    for demand in demands:
        load += demand
        if not 0 <= load <= fleet.capacity:
            return False
    return True


def _paired(instance: Instance, nodes: tuple[int, ...]) -> bool:
    at = {node: n for n, node in enumerate(nodes)}
    return all(
        (pickup in at) == (delivery in at) and at.get(pickup, 0) <= at.get(delivery, 0)
        for pickup, delivery in instance.pairs
    )


def _times(instance: Instance, fleet: Fleet, nodes: tuple[int, ...]) -> Iterator[str]:
    """Windows when leaving as early as possible, duration when as late as that finish permits."""
    at, clock = fleet.depot, instance.opens[fleet.depot]
    slack, waited = NEVER, 0
    for node in (*nodes, fleet.depot):
        leave = clock + (instance.services[at] if at != fleet.depot else 0)
        arrive = leave + int(instance.durations[at][node])
        clock = max(arrive, instance.opens[node])
        if clock > instance.closes[node]:
            yield f"is late at {node}"
            return
        # Forward slack (Savelsbergh 1992): how much later the route could have begun.
        waited += clock - arrive
        slack = min(slack, waited + instance.closes[node] - clock)
        at = node
    duration = clock - instance.opens[fleet.depot] - min(slack, waited)
    if duration > fleet.max_duration:
        yield "takes too long"
