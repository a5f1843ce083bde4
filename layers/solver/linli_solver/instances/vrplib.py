"""
VRPLIB files: CVRPLIB's, ORTEC's, and PyVRP's dialect with differing vehicles, depots and windows.

Whatever a file says that is not understood is refused by name, never skipped: a plan for half a
problem is none. The fields are those of https://pyvrp.org/dev/supported_vrplib_fields.html and
CVRPLIB's DISTANCE (longest route, service included).
"""

from dataclasses import dataclass, field
from decimal import Decimal

from linli.routing.model import InvalidProblem
from linli_solver.instances.convention import Convention, convention_of, matrices
from linli_solver.instances.fleets import fleets_of
from linli_solver.instances.lilim import pairs_of
from linli_solver.instances.model import NEVER, Instance
from linli_solver.instances.text import (
    common_scale,
    earliest,
    in_order,
    latest,
    lines_of,
    number,
    rows_of,
    whole,
)

LARGEST_SIZE = 6_000
"""Nodes: the matrices of more do not fit several processes of one machine."""
SPECIFICATIONS = {
    *("NAME", "COMMENT", "TYPE", "DIMENSION", "VEHICLES", "CAPACITY", "DISTANCE", "SERVICE_TIME"),
    *("EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE"),
    *("VEHICLES_MAX_DURATION", "VEHICLES_MAX_DISTANCE", "EDGE_DATA_FORMAT", "SALESMEN"),
    *("DEPOT_TIME_WINDOW",),
}
SECTIONS = {
    *("NODE_COORD", "DISPLAY_DATA", "EDGE_WEIGHT", "DEMAND", "LINEHAUL", "DEPOT", "SERVICE_TIME"),
    *("TIME_WINDOW", "CAPACITY", "VEHICLES_DEPOT", "VEHICLES_FIXED_COST", "PICKUP_AND_DELIVERY"),
    *("VEHICLES_UNIT_DISTANCE_COST", "VEHICLES_MAX_DURATION", "VEHICLES_MAX_DISTANCE"),
    *("VEHICLES_ALLOWED_CLIENTS",),
}


@dataclass(slots=True)
class Document:
    """A file's specifications and sections (names without `_SECTION`), still as text."""

    said: dict[str, str] = field(default_factory=dict)
    sections: dict[str, list[str]] = field(default_factory=dict)

    def column(self, section: str, count: int) -> list[Decimal]:
        """The second column of a section that numbers its rows from 1."""
        rows = self.table(section, count, 2)
        return [row[1] for row in rows]

    def table(self, section: str, count: int, columns: int) -> list[list[Decimal]]:
        """
        `count` numbered rows of a section.

        Raises:
            InvalidProblem: The section is missing, or not of that shape.
        """
        name = f"{section}_SECTION"
        if section not in self.sections:
            raise InvalidProblem(name, "the section is missing")
        rows = rows_of(self.sections[section], name, columns)
        if len(rows) != count:
            raise InvalidProblem(name, f"{len(rows)} rows where there should be {count}")
        in_order(rows, name)
        return rows


def read_vrplib(text: str) -> Instance:
    """
    The instance.

    Raises:
        InvalidProblem: Naming the field that is missing, wrong or not understood.
    """
    document = _document(text)
    if "DIMENSION" not in document.said:
        raise InvalidProblem("DIMENSION", "missing")
    size = whole(document.said["DIMENSION"], "DIMENSION")
    if not 2 <= size <= LARGEST_SIZE:
        raise InvalidProblem("DIMENSION", f"not between 2 and {LARGEST_SIZE}")
    convention = convention_of(document.said, set(document.sections))
    return _instance(document, size, convention)


def _document(text: str) -> Document:
    document = Document()
    section: list[str] | None = None
    for line in lines_of(text):
        key = line.partition(":")[0].strip().upper()
        if line.upper().startswith("EOF"):
            break
        if key.endswith("_SECTION"):
            name = key.removesuffix("_SECTION")
            if name not in SECTIONS:
                raise InvalidProblem(key, "this section is not understood")
            section = document.sections.setdefault(name, [])
        elif section is not None and ":" not in line:
            section.append(line)
        else:
            _specify(document, key, line)
    return document


def _specify(document: Document, key: str, line: str) -> None:
    if ":" not in line or key not in SPECIFICATIONS:
        raise InvalidProblem(key[:40], "this specification is not understood")
    document.said[key] = line.partition(":")[2].strip()


def _instance(document: Document, size: int, convention: Convention) -> Instance:
    points = _points(document, size)
    distances, durations, scale = matrices(document.said, document.sections, points, convention)
    depots = _depots(document, size)
    pairs, demands, services, windows = _tasks(document, size, depots)
    loads = common_scale([*demands, *_capacities(document)])
    fleets = fleets_of(document, size, depots, scale, loads)
    return Instance(
        name=document.said.get("NAME", "instance"),
        scale=scale,
        distances=distances,
        durations=durations,
        depots=depots,
        demands=tuple(int(each * loads) for each in demands),
        services=tuple(earliest(each, scale) for each in services),
        opens=tuple(earliest(early, scale) for early, _ in windows),
        closes=tuple(NEVER if late is None else latest(late, scale) for _, late in windows),
        fleets=fleets,
        printed=convention.printed(scale),
        points=tuple(points),
        pairs=pairs,
        listed=len(fleets) > 1 or len(depots) > 1,
    )


def _points(document: Document, size: int) -> list[tuple[float, float]]:
    if "NODE_COORD" not in document.sections:
        return []
    rows = document.table("NODE_COORD", size, 3)
    return [(float(row[1]), float(row[2])) for row in rows]


def _depots(document: Document, size: int) -> tuple[int, ...]:
    words = [word for line in document.sections.get("DEPOT", ["1"]) for word in line.split()]
    depots = []
    for word in words:
        depot = whole(word, "DEPOT_SECTION")
        if depot == -1:
            break
        if not 1 <= depot <= size:
            raise InvalidProblem("DEPOT_SECTION", f"no node {depot}")
        depots.append(depot - 1)
    if not depots or len(set(depots)) < len(depots):
        raise InvalidProblem("DEPOT_SECTION", "none, or one twice")
    return tuple(depots)


Windows = list[tuple[Decimal, Decimal | None]]
Tasks = tuple[tuple[tuple[int, int], ...], list[Decimal], list[Decimal], Windows]


def _tasks(document: Document, size: int, depots: tuple[int, ...]) -> Tasks:
    """Pairs, and each node's demand, service time and window."""
    if "PICKUP_AND_DELIVERY" in document.sections:
        rows = document.table("PICKUP_AND_DELIVERY", size, 7)
        # Indices of partners count from 0 with depots first, as in Li and Lim's own files.
        pairs = pairs_of([(int(row[5]), int(row[6])) for row in rows])
        windows: Windows = [(row[2], row[3]) for row in rows]
        return pairs, [row[1] for row in rows], [row[4] for row in rows], windows
    demand = "LINEHAUL" if "LINEHAUL" in document.sections else "DEMAND"
    if "TIME_WINDOW" in document.sections:
        windows = [(row[1], row[2]) for row in document.table("TIME_WINDOW", size, 3)]
    else:
        windows = [(Decimal(0), None)] * size
    return (), document.column(demand, size), _services(document, size, depots), windows


def _services(document: Document, size: int, depots: tuple[int, ...]) -> list[Decimal]:
    if "SERVICE_TIME" in document.sections:
        return document.column("SERVICE_TIME", size)
    everywhere = number(document.said.get("SERVICE_TIME", "0"), "SERVICE_TIME")
    return [Decimal(0) if node in depots else everywhere for node in range(size)]


def _capacities(document: Document) -> list[Decimal]:
    if "CAPACITY" in document.sections:
        return [row[1] for row in rows_of(document.sections["CAPACITY"], "CAPACITY_SECTION", 2)]
    if "CAPACITY" not in document.said:
        return []
    return [number(document.said["CAPACITY"], "CAPACITY")]
