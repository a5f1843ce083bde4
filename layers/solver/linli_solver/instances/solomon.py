"""
Solomon's and Homberger's format.

Convention of the DIMACS implementation challenge (2022): the objective is distance; distances and
times are truncated to one decimal, so that everything is a whole number of tenths.
"""

import math
from decimal import Decimal

from linli.routing.model import InvalidProblem
from linli_solver.instances.distances import euclidean
from linli_solver.instances.model import Fleet, Instance, Printed
from linli_solver.instances.text import earliest, in_order, latest, lines_of, rows_of, whole

TENTHS = 10


def read_solomon(text: str) -> Instance:
    """
    The instance.

    Raises:
        InvalidProblem: Naming the part that is missing or wrong.
    """
    lines = lines_of(text)
    at = {line.split()[0].upper(): n for n, line in reversed(list(enumerate(lines)))}
    for part in ("VEHICLE", "CUSTOMER"):
        if part not in at:
            raise InvalidProblem(part, "the section is missing")
    count, capacity = _fleet(lines[at["VEHICLE"] + 1 : at["CUSTOMER"]])
    rows = rows_of(_numeric(lines[at["CUSTOMER"] + 1 :]), "CUSTOMER", 7)
    if len(rows) < 2:
        raise InvalidProblem("CUSTOMER", "no customer")
    in_order(rows, "CUSTOMER")
    return _instance(lines[0], count, capacity, rows)


def _fleet(lines: list[str]) -> tuple[int, int]:
    numbers = [line.split() for line in _numeric(lines)]
    if not numbers or len(numbers[0]) < 2:
        raise InvalidProblem("VEHICLE", "no number and capacity")
    return whole(numbers[0][0], "VEHICLE.NUMBER"), whole(numbers[0][1], "VEHICLE.CAPACITY")


def _numeric(lines: list[str]) -> list[str]:
    return [line for line in lines if not line[0].isalpha()]


def _instance(name: str, count: int, capacity: int, rows: list[list[Decimal]]) -> Instance:
    points = tuple((float(row[1]), float(row[2])) for row in rows)
    distances = euclidean(points, math.floor, TENTHS)
    return Instance(
        name=name,
        scale=TENTHS,
        distances=distances,
        durations=distances,
        depots=(0,),
        demands=tuple(int(row[3]) for row in rows),
        opens=tuple(earliest(row[4], TENTHS) for row in rows),
        closes=tuple(latest(row[5], TENTHS) for row in rows),
        services=tuple(earliest(row[6], TENTHS) for row in rows),
        fleets=(Fleet(tuple(range(count)), capacity, 0),),
        printed=Printed(divisor=TENTHS, decimals=1),
        points=points,
    )
