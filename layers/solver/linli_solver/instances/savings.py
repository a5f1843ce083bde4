"""
Clarke and Wright's savings (Operations Research 12, 1964) for instances of one kind of vehicle
that only carries: no windows, no pairs. Pure Python, within a second up to a thousand customers.
"""

from linli_solver.instances.model import NEVER, Instance, Routing

NEAREST = 40


def fits_savings(instance: Instance) -> bool:
    """Whether the heuristic's kind of instance."""
    if instance.timed or instance.pairs or len(instance.fleets) > 1 or len(instance.depots) > 1:
        return False
    return instance.fleets[0].max_distance >= NEVER


def nearest(instance: Instance, rows: list[list[int]]) -> dict[int, list[int]]:
    """Each customer's nearest others."""
    customers = instance.customers
    found = {}
    for node in customers:
        row = rows[node]
        found[node] = sorted(customers, key=row.__getitem__)[: NEAREST + 1]
        if node in found[node]:
            found[node].remove(node)
    return found


def savings(instance: Instance) -> Routing:
    """Routes joined end to end, the largest saving first."""
    rows = [[int(leg) for leg in row] for row in instance.distances]
    depot, capacity = instance.fleets[0].depot, instance.fleets[0].capacity
    gains = [
        (rows[a][depot] + rows[depot][b] - rows[a][b], a, b)
        for a, others in nearest(instance, rows).items()
        for b in others
    ]
    gains.sort(key=lambda gain: -gain[0])
    route_of = {node: [node] for node in instance.customers}
    loads = {node: instance.demands[node] for node in instance.customers}
    for gain, a, b in gains:
        first, second = route_of[a], route_of[b]
        if gain <= 0 or first is second:
            continue
        joined = _join(first, second, a, b)
        load = loads[first[0]] + loads[second[0]]
        if joined is None or load > capacity:
            continue
        for node in joined:
            route_of[node] = joined
        loads[joined[0]] = load
    unique = {id(route): route for route in route_of.values()}
    return Routing(tuple((0, tuple(route)) for route in unique.values()))


def _join(first: list[int], second: list[int], a: int, b: int) -> list[int] | None:
    """The two routes with the leg from a to b, if both are at fitting ends."""
    if first[-1] == a and second[0] == b:
        return first + second
    return None
