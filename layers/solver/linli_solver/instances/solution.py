"""
CVRPLIB's `.sol` form: `Route #1: 3 5 7` lines and `Cost 1234`, numbered and rounded by family.
"""

import math
import re
from itertools import pairwise

from linli.routing.model import InvalidProblem
from linli_solver.instances.model import Instance, Routing, cost

ROUTE = re.compile(r"\s*route\s*#?\s*(\d+)\s*:(.*)", re.IGNORECASE)


def written_cost(instance: Instance, routing: Routing) -> str:
    """The cost as the instance's family writes it."""
    printed = instance.printed
    if not printed.exact:
        return f"{cost(instance, routing) / printed.divisor:.{printed.decimals}f}"
    total = 0.0
    for kind, nodes in routing.routes:
        fleet = instance.fleets[kind]
        way = [instance.points[node] for node in (fleet.depot, *nodes, fleet.depot)]
        length = sum(math.dist(a, b) for a, b in pairwise(way))
        total += fleet.fixed_cost / instance.scale + fleet.unit_cost * length
    return f"{total / printed.divisor:.{printed.decimals}f}"


def to_sol(instance: Instance, routing: Routing) -> str:
    """
    The solution as text.

    Where vehicles differ, line `Route #k` is the file's vehicle k and an idle one's line is empty.
    """
    lines: list[tuple[int, ...]] = []
    if instance.listed:
        lines = [()] * sum(len(fleet.members) for fleet in instance.fleets)
        left = [list(fleet.members) for fleet in instance.fleets]
        for kind, nodes in routing.routes:
            lines[left[kind].pop(0)] = nodes
    else:
        lines = [nodes for _, nodes in routing.routes]
    text = "".join(
        f"Route #{n}: {' '.join(map(str, nodes))}".rstrip() + "\n"
        for n, nodes in enumerate(lines, 1)
    )
    return f"{text}Cost {written_cost(instance, routing)}\n"


def from_sol(instance: Instance, text: str) -> Routing:
    """
    The routing that a `.sol` text lists; its cost line is not read.

    Raises:
        InvalidProblem: A line names what is no node, or no vehicle.
    """
    kinds = {vehicle: n for n, fleet in enumerate(instance.fleets) for vehicle in fleet.members}
    routes = []
    for line in text.splitlines():
        found = ROUTE.match(line)
        if found is None:
            continue
        nodes = tuple(int(word) for word in found.group(2).split() if word.isdigit())
        if any(node >= len(instance.distances) for node in nodes):
            raise InvalidProblem(f"Route #{found.group(1)}", "names no node of the instance")
        vehicle = int(found.group(1)) - 1 if instance.listed else 0
        if vehicle not in kinds:
            raise InvalidProblem(f"Route #{found.group(1)}", "there is no such vehicle")
        if nodes:
            routes.append((kinds[vehicle], nodes))
    return Routing(tuple(routes))
