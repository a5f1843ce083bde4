"""The vehicles of a VRPLIB file, those that are alike together."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from linli.routing.model import InvalidProblem
from linli_solver.instances.model import NEVER, Fleet
from linli_solver.instances.text import latest, number, whole


class Said(Protocol):
    """A VRPLIB document, as far as vehicles need it."""

    @property
    def said(self) -> Mapping[str, str]:
        """Specifications."""

    @property
    def sections(self) -> Mapping[str, list[str]]:
        """Sections."""

    def column(self, section: str, count: int) -> list[Decimal]:
        """The second column of a section."""


def fleets_of(
    document: Said, size: int, depots: tuple[int, ...], scale: int, loads: int
) -> tuple[Fleet, ...]:
    """
    Vehicles by kind, in the order of their first member.

    Without VEHICLES there are as many as customers: the fleet has no bound.

    Raises:
        InvalidProblem: Naming the field that is wrong.
    """
    said = document.said
    count = whole(said["VEHICLES"], "VEHICLES") if "VEHICLES" in said else size - len(depots)
    if not 1 <= count <= 10**6:
        raise InvalidProblem("VEHICLES", "not between 1 and a million")
    each = _Each(document, count)
    capacity = [int(value * loads) for value in each.of("CAPACITY", Decimal(NEVER) / loads)]
    home = [int(value) - 1 for value in each.of("VEHICLES_DEPOT", Decimal(depots[0] + 1))]
    if not set(home) <= set(depots):
        raise InvalidProblem("VEHICLES_DEPOT_SECTION", "a vehicle's home is no depot")
    columns = (
        capacity,
        home,
        [int(value * scale) for value in each.of("VEHICLES_FIXED_COST", Decimal(0))],
        [_whole_cost(value) for value in each.of("VEHICLES_UNIT_DISTANCE_COST", Decimal(1))],
        [latest(value, scale) for value in each.duration()],
        [latest(value, scale) for value in each.of("VEHICLES_MAX_DISTANCE", Decimal(NEVER))],
        _allowed(document, count, size),
    )
    kinds: dict[tuple[Any, ...], list[int]] = {}
    for vehicle in range(count):
        kinds.setdefault(tuple(column[vehicle] for column in columns), []).append(vehicle)
    return tuple(Fleet(tuple(members), *alike) for alike, members in kinds.items())


class _Each:
    """A value for each vehicle: from a section, else the same for all from a specification."""

    def __init__(self, document: Said, count: int) -> None:
        self._document, self._count = document, count

    def of(self, name: str, default: Decimal) -> list[Decimal]:
        """The values of field `name`."""
        if name in self._document.sections:
            return self._document.column(name, self._count)
        text = self._document.said.get(name)
        return [default if text is None else number(text, name)] * self._count

    def duration(self) -> list[Decimal]:
        """The longest duration of a route, by either name that it goes by."""
        said = self._document.said
        if "DISTANCE" not in said:
            return self.of("VEHICLES_MAX_DURATION", Decimal(NEVER))
        return [number(said["DISTANCE"], "DISTANCE")] * self._count


def _whole_cost(value: Decimal) -> int:
    if value != value.to_integral_value() or value < 0:
        raise InvalidProblem("VEHICLES_UNIT_DISTANCE_COST_SECTION", f"{value} is not whole")
    return int(value)


def _allowed(document: Said, count: int, size: int) -> list[frozenset[int] | None]:
    name = "VEHICLES_ALLOWED_CLIENTS"
    if name not in document.sections:
        return [None] * count
    lines = document.sections[name]
    if len(lines) != count:
        raise InvalidProblem(f"{name}_SECTION", f"{len(lines)} rows for {count} vehicles")
    found: list[frozenset[int] | None] = []
    for line in lines:
        nodes = frozenset(whole(word, f"{name}_SECTION") - 1 for word in line.split()[1:])
        if not all(0 <= node < size for node in nodes):
            raise InvalidProblem(f"{name}_SECTION", "a client that does not exist")
        found.append(nodes)
    return found
