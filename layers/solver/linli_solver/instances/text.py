"""Lines and numbers of instance files; whatever is wrong is refused by the name of its field."""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from linli.routing.model import InvalidProblem
from linli_solver.instances.model import NEVER

LARGEST = 10**12


def lines_of(text: str) -> list[str]:
    """The lines that say something: no blank ones, no comments."""
    stripped = (line.strip().lstrip("\ufeff") for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith(("#", "//"))]


def number(token: str, field: str) -> Decimal:
    """
    A finite number, in any notation.

    Raises:
        InvalidProblem: It is none.
    """
    try:
        value = Decimal(token)
    except InvalidOperation:
        raise InvalidProblem(field, f"{token[:40]!r} is not a number") from None
    if not value.is_finite() or abs(value) > LARGEST:
        raise InvalidProblem(field, f"{token[:40]!r} is too large")
    return value


def whole(token: str, field: str) -> int:
    """A whole number, also one written as 7.0 or 7e0."""
    value = number(token, field)
    if value != value.to_integral_value():
        raise InvalidProblem(field, f"{token[:40]!r} is not a whole number")
    return int(value)


def rows_of(lines: Iterable[str], field: str, columns: int) -> list[list[Decimal]]:
    """
    Rows of at least `columns` numbers.

    Raises:
        InvalidProblem: A row is shorter, or holds something else.
    """
    rows = [[number(token, field) for token in line.split()] for line in lines]
    for n, row in enumerate(rows):
        if len(row) < columns:
            raise InvalidProblem(f"{field}[{n}]", f"fewer than {columns} columns")
    return rows


def common_scale(values: Iterable[Decimal]) -> int:
    """The power of ten, at most a million, that makes all of them whole."""
    places = 0
    for value in values:
        exponent = value.normalize().as_tuple().exponent
        places = max(places, -exponent if isinstance(exponent, int) else 0)
    return int(10 ** min(places, 6))


def earliest(value: Decimal, scale: int) -> int:
    """A lower bound of time, or a duration, in whole units: rounded up."""
    return math.ceil(value * scale)


def latest(value: Decimal, scale: int) -> int:
    """An upper bound of time in whole units: rounded down."""
    return min(NEVER, math.floor(value * scale))


def in_order(rows: Sequence[Sequence[Decimal]], field: str) -> None:
    """
    Refuse rows whose first column does not count up by one.

    Raises:
        InvalidProblem: Naming the row.
    """
    for n, row in enumerate(rows):
        if row[0] != rows[0][0] + n:
            raise InvalidProblem(f"{field}[{n}]", f"number {row[0]} is out of order")
