"""
Which convention a VRPLIB file's family follows: how distances are rounded, how costs are written.

| what the file is | distances | cost |
|---|---|---|
| EXPLICIT (ORTEC, Eilon) | as they stand | whole |
| CVRP, EUC_2D (A, B, E, F, M, P, X, AGS) | rounded to the nearest whole number (TSPLIB) | whole |
| CMT, Golden, Li, Tai (`DISTANCE`, or known names) | double precision | double precision |
| VRPTW, EUC_2D | truncated to one decimal (DIMACS) | tenths |
| HFVRP | double precision; costs in hundredths | double precision, over 100 |
| MDVRPTW, SDVRPTW, PDPTW and others of PyVRP's dialect | thousandths, rounded | whole thousandths |
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from linli.routing.model import InvalidProblem
from linli_solver.instances import distances
from linli_solver.instances.distances import Point, nearest
from linli_solver.instances.model import Printed, Rows
from linli_solver.instances.text import common_scale, number

DOUBLES = re.compile(r"(CMT|GOLDEN_|LI_|TAI\d)", re.IGNORECASE)
FINE, COARSE = 10_000, 100
"""Units for double precision; the coarse ones where vehicles cost hundreds for each unit."""
OTHER_TYPES: dict[str, Callable[[Point, Point], int]] = {
    "MAN_2D": distances.manhattan,
    "MAX_2D": distances.maximum,
    "ATT": distances.pseudo_euclidean,
    "GEO": distances.geographical,
}


@dataclass(frozen=True, slots=True)
class Convention:
    """Units per unit of the file, the rule for distances, and the rule for travel times."""

    name: str
    scale: int
    distance: Callable[[Any], Any]
    duration: Callable[[Any], Any]
    cost: Printed

    def printed(self, scale: int) -> Printed:
        """How costs are written, given the scale that the matrices came to have."""
        return replace(self.cost, divisor=scale) if self.name == "explicit" else self.cost


EXPLICIT = Convention("explicit", 1, nearest, nearest, Printed())
NEAREST = Convention("nearest", 1, nearest, nearest, Printed())
CEILED = Convention("nearest", 1, math.ceil, math.ceil, Printed())
FLOORED = Convention("nearest", 1, math.floor, math.floor, Printed())
TENTHS = Convention("tenths", 10, math.floor, math.floor, Printed(10, 1))
DOUBLE = Convention("double", FINE, nearest, math.ceil, Printed(1, 2, exact=True))
HUNDREDTHS = Convention("double", COARSE, nearest, math.ceil, Printed(100, 2, exact=True))
THOUSANDTHS = Convention("thousandths", 1000, nearest, math.ceil, Printed())


def convention_of(said: Mapping[str, str], sections: set[str]) -> Convention:
    """
    The convention of a file with these specifications and sections.

    Raises:
        InvalidProblem: EDGE_WEIGHT_TYPE is missing or unknown.
    """
    kind = said.get("EDGE_WEIGHT_TYPE", "EXPLICIT" if "EDGE_WEIGHT" in sections else "").upper()
    plain = {"CEIL_2D": CEILED, "FLOOR_2D": FLOORED, "EXACT_2D": THOUSANDTHS}
    if kind == "EXPLICIT" or kind in OTHER_TYPES:
        return EXPLICIT
    if kind in plain:
        return plain[kind]
    if kind != "EUC_2D":
        raise InvalidProblem("EDGE_WEIGHT_TYPE", f"{kind or 'missing'} is not known")
    return _euclidean(said, sections)


def _euclidean(said: Mapping[str, str], sections: set[str]) -> Convention:
    problem = said.get("TYPE", "CVRP").upper()
    if problem == "VRPTW":
        return TENTHS
    if problem == "HFVRP" or "VEHICLES_UNIT_DISTANCE_COST" in sections:
        return HUNDREDTHS
    if problem in ("CVRP", "VRP", "ACVRP", "DCVRP", "TSP"):
        doubles = DOUBLES.match(said.get("NAME", "")) or "DISTANCE" in said
        return DOUBLE if doubles else NEAREST
    return THOUSANDTHS


def matrices(
    said: Mapping[str, str],
    sections: Mapping[str, Sequence[str]],
    points: Sequence[Point],
    convention: Convention,
) -> tuple[Rows, Rows, int]:
    """
    Distances, durations, and the units per unit of the file.

    Raises:
        InvalidProblem: The section that they come from is missing or of the wrong size.
    """
    kind = said.get("EDGE_WEIGHT_TYPE", "EXPLICIT").upper()
    if kind == "EXPLICIT":
        return _explicit(said, sections)
    if not points:
        raise InvalidProblem("NODE_COORD_SECTION", "the section is missing")
    if kind in OTHER_TYPES:
        rows = [[OTHER_TYPES[kind](a, b) for b in points] for a in points]
        return rows, rows, 1
    legs = distances.euclidean(points, convention.distance, convention.scale)
    if convention.duration is convention.distance:
        return legs, legs, convention.scale
    return (
        legs,
        distances.euclidean(points, convention.duration, convention.scale),
        convention.scale,
    )


def _explicit(
    said: Mapping[str, str], sections: Mapping[str, Sequence[str]]
) -> tuple[Rows, Rows, int]:
    field = "EDGE_WEIGHT_SECTION"
    if "EDGE_WEIGHT" not in sections:
        raise InvalidProblem(field, "the section is missing")
    words = [word for line in sections["EDGE_WEIGHT"] for word in line.split()]
    shape = said.get("EDGE_WEIGHT_FORMAT", "FULL_MATRIX").upper()
    size = int(said["DIMENSION"])
    values = [int(word) if word.isdigit() else number(word, field) for word in words]
    scale = common_scale([each for each in values if isinstance(each, Decimal)])
    rows = distances.triangle([int(each * scale) for each in values], size, shape)
    return rows, rows, scale
