"""
Cordeau's format: one depot or several, with or without windows.

Convention (Cordeau, Gendreau & Laporte, *A tabu search heuristic for periodic and multi-depot
vehicle routing problems*, Networks 30, 1997): double precision, service counts towards the longest
duration, 0 for none. Solutions number customers as the file does, from 1; line `Route #k` is the
k-th vehicle, each depot's vehicles together.
"""

import math
from decimal import Decimal

from linli.routing.model import InvalidProblem
from linli_solver.instances.distances import Point, euclidean, nearest
from linli_solver.instances.model import NEVER, Fleet, Instance, Printed
from linli_solver.instances.text import earliest, latest, lines_of, rows_of, whole

SCALE = 10_000
ONE_DEPOT, SEVERAL = ("0", "4"), ("2", "6")
TIMED = ("4", "6")


def is_cordeau(lines: list[str]) -> bool:
    """Whether lines begin as his files do: four numbers, then two."""
    return len(lines) > 1 and len(lines[0].split()) == 4 and len(lines[1].split()) == 2


def read_cordeau(text: str, name: str) -> Instance:
    """
    The instance.

    Raises:
        InvalidProblem: Naming the part that is missing or wrong, or a kind of problem (periodic,
            site-dependent) that is not understood.
    """
    lines = lines_of(text)
    kind, vehicles, customers, depots = lines[0].split()
    if kind not in (*ONE_DEPOT, *SEVERAL):
        raise InvalidProblem("first line", f"problems of type {kind} are not understood")
    each = whole(vehicles, "vehicles")
    count, homes = whole(customers, "customers"), whole(depots, "depots")
    if min(each, count, homes) < 1:
        raise InvalidProblem("first line", "no vehicles, customers or depots")
    bounds = rows_of(lines[1 : 1 + homes], "vehicles", 2)
    rows = rows_of(lines[1 + homes :], "nodes", 5)
    if len(bounds) != homes or len(rows) not in (count + homes, count + 1):
        raise InvalidProblem("nodes", f"{len(rows)} where there should be {count + homes}")
    # The first depot comes first, so that customers keep the file's numbers.
    ordered = [rows[count], *rows[:count], *rows[count + 1 :]]
    if kind in ONE_DEPOT and rows[0][0] == 0:
        ordered = rows
    return _instance(name, (each, count), bounds, ordered, kind in TIMED)


def _instance(
    name: str,
    counts: tuple[int, int],
    bounds: list[list[Decimal]],
    rows: list[list[Decimal]],
    timed: bool,
) -> Instance:
    each, count = counts
    points: tuple[Point, ...] = tuple((float(row[1]), float(row[2])) for row in rows)
    depots = (0, *range(count + 1, len(rows)))
    fleets = tuple(
        Fleet(
            tuple(range(n * each, (n + 1) * each)),
            int(room) if room else NEVER,
            depots[n],
            max_duration=latest(longest, SCALE) if longest else NEVER,
        )
        for n, (longest, room, *_) in enumerate(bounds)
    )
    return Instance(
        name=name,
        scale=SCALE,
        distances=euclidean(points, nearest, SCALE),
        durations=euclidean(points, math.ceil, SCALE),
        depots=depots,
        demands=tuple(int(row[4]) for row in rows),
        opens=tuple(earliest(row[-2], SCALE) if timed else 0 for row in rows),
        closes=tuple(latest(row[-1], SCALE) if timed else NEVER for row in rows),
        services=tuple(earliest(row[3], SCALE) for row in rows),
        fleets=fleets,
        printed=Printed(divisor=1, decimals=2, exact=True),
        points=points,
        listed=len(fleets) > 1,
    )
