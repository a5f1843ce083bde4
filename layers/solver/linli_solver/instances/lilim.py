"""
Li and Lim's format of pick-up and delivery with windows.

Convention (SINTEF's table of best-known solutions): fewest vehicles first, then distance, both
computed in double precision. Solutions number the tasks as the file does.
"""

import math
from decimal import Decimal

from linli.routing.model import InvalidProblem
from linli_solver.instances.distances import euclidean, nearest
from linli_solver.instances.model import Fleet, Instance, Printed
from linli_solver.instances.text import earliest, in_order, latest, lines_of, rows_of, whole

SCALE = 10_000


def read_lilim(text: str, name: str) -> Instance:
    """
    The instance.

    Raises:
        InvalidProblem: Naming the part that is missing or wrong.
    """
    lines = lines_of(text)
    first = lines[0].split()
    if len(first) < 2:
        raise InvalidProblem("first line", "not vehicles, capacity and speed")
    count, capacity = whole(first[0], "vehicles"), whole(first[1], "capacity")
    rows = rows_of(lines[1:], "tasks", 9)
    if len(rows) < 3:
        raise InvalidProblem("tasks", "not even a pair")
    in_order(rows, "tasks")
    return _instance(name, count, capacity, rows)


def _instance(name: str, count: int, capacity: int, rows: list[list[Decimal]]) -> Instance:
    points = tuple((float(row[1]), float(row[2])) for row in rows)
    return Instance(
        name=name,
        scale=SCALE,
        distances=euclidean(points, nearest, SCALE),
        durations=euclidean(points, math.ceil, SCALE),
        depots=(0,),
        demands=tuple(int(row[3]) for row in rows),
        opens=tuple(earliest(row[4], SCALE) for row in rows),
        closes=tuple(latest(row[5], SCALE) for row in rows),
        services=tuple(earliest(row[6], SCALE) for row in rows),
        fleets=(Fleet(tuple(range(count)), capacity, 0),),
        printed=Printed(divisor=1, decimals=2, exact=True),
        points=points,
        pairs=pairs_of([(int(row[7]), int(row[8])) for row in rows]),
        fewest_vehicles=True,
    )


def pairs_of(links: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """
    (pick-up, delivery) nodes from each node's (its pick-up, its delivery), 0 for none.

    Raises:
        InvalidProblem: A link is not returned.
    """
    pairs = []
    for node, (pickup, delivery) in enumerate(links):
        other = pickup or delivery
        if not other:
            continue
        back = links[other] if 0 < other < len(links) else (0, 0)
        if (back[1] if pickup else back[0]) != node:
            raise InvalidProblem(f"tasks[{node}]", f"its partner {other} does not name it")
        if delivery:
            pairs.append((node, delivery))
    return tuple(pairs)
