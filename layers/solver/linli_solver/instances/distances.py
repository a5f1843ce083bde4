"""
Distances between nodes by the conventions of the field.

TSPLIB's rules are those of Reinelt, *TSPLIB 95* (1995), section 2. Matrices are numpy's where numpy
is there, else lists of lists: the fallback heuristic needs no library at all.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from linli.routing.model import InvalidProblem
from linli_solver.instances.model import Rows

Point = tuple[float, float]
PI, EARTH_KM = 3.141592, 6378.388  # TSPLIB's own constants.


def nearest(value: float) -> int:
    """Rounded to the nearest whole number, halves upward."""
    return math.floor(value + 0.5)


def euclidean(points: Sequence[Point], rule: Callable[[Any], Any], scale: int) -> Rows:
    """`rule(scale × straight-line distance)` for every pair of points."""
    try:
        import numpy
    except ImportError:
        return [[int(rule(scale * _length(a, b))) for b in points] for a in points]
    at = numpy.asarray(points, dtype=float).reshape(-1, 2)
    squares = (at[:, None, :] - at[None, :, :]) ** 2
    legs = numpy.sqrt(squares[..., 0] + squares[..., 1])  # Exact where squares are whole.
    rounded: Any = {
        nearest: lambda values: numpy.floor(values + 0.5),
        math.floor: numpy.floor,
        math.ceil: lambda values: numpy.ceil(values - 1e-9),
    }[rule](scale * legs)
    matrix: Rows = rounded.astype(numpy.int64)
    return matrix


def _length(a: Point, b: Point) -> float:
    return math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)


def manhattan(a: Point, b: Point) -> int:
    """MAN_2D."""
    return nearest(abs(a[0] - b[0]) + abs(a[1] - b[1]))


def maximum(a: Point, b: Point) -> int:
    """MAX_2D."""
    return max(nearest(abs(a[0] - b[0])), nearest(abs(a[1] - b[1])))


def pseudo_euclidean(a: Point, b: Point) -> int:
    """ATT."""
    real = math.sqrt(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) / 10)
    return nearest(real) + (nearest(real) < real)


def geographical(a: Point, b: Point) -> int:
    """GEO: coordinates are degrees.minutes."""
    if a == b:
        return 0
    (lat_a, lon_a), (lat_b, lon_b) = _radians(a), _radians(b)
    q1, q2, q3 = math.cos(lon_a - lon_b), math.cos(lat_a - lat_b), math.cos(lat_a + lat_b)
    return int(EARTH_KM * math.acos(0.5 * ((1 + q1) * q2 - (1 - q1) * q3)) + 1)


def _radians(place: Point) -> Point:
    def angle(value: float) -> float:
        degrees = int(value)
        return PI * (degrees + 5.0 * (value - degrees) / 3.0) / 180.0

    return angle(place[0]), angle(place[1])


def triangle(numbers: Sequence[int], size: int, shape: str) -> list[list[int]]:
    """
    The symmetric matrix of a stream of numbers; line ends mean nothing in TSPLIB.

    Raises:
        InvalidProblem: The shape is unknown, or the stream has another length than it needs.
    """
    cells = list(_cells(size, shape))
    if len(cells) != len(numbers):
        wrong = f"{len(numbers)} numbers where {shape} of {size} nodes needs {len(cells)}"
        raise InvalidProblem("EDGE_WEIGHT_SECTION", wrong)
    matrix = [[0] * size for _ in range(size)]
    for (a, b), number in zip(cells, numbers, strict=True):
        matrix[a][b] = number
        if shape != "FULL_MATRIX":
            matrix[b][a] = number
    return matrix


def _cells(size: int, shape: str) -> list[tuple[int, int]]:
    """The cells of the matrix in the order in which this format lists them."""
    span = range(size)
    if shape == "FULL_MATRIX":
        return [(a, b) for a in span for b in span]
    half, _, form = shape.partition("_")
    diagonal = form.startswith("DIAG_")
    form = form.removeprefix("DIAG_")
    if half not in ("LOWER", "UPPER") or form not in ("ROW", "COL"):
        raise InvalidProblem("EDGE_WEIGHT_FORMAT", f"{shape!r} is not known")
    # A triangle by columns is the other triangle by rows, mirrored; the matrix is symmetric.
    below = (half == "LOWER") == (form == "ROW")
    kept = [(a, b) for a in span for b in span if (b < a if below else b > a) or a == b]
    return [(a, b) for a, b in kept if diagonal or a != b]
