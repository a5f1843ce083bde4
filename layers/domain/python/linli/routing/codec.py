"""
Problems and plans as JSON objects with stable names (those of the dataclasses).

A problem carries either `travels` (matrices) or `geometry` (points and paces from which the
matrices are made), which keeps a wave of 300 stops far under Step Functions' 256 KB.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from linli.kernel.geography import point
from linli.routing.model import (
    Depot,
    Geometry,
    InvalidProblem,
    Matrix,
    Pace,
    Part,
    Problem,
    Stop,
    Travel,
    Vehicle,
    Window,
)
from linli.routing.plan import Cost, Kind, Plan, Reason, Route, Unserved, Visit
from linli.routing.rules import travels_between

Json = dict[str, Any]
T = TypeVar("T")


def problem_to_json(problem: Problem) -> Json:
    """The JSON object of a problem; without matrices where its geometry is known."""
    fields = asdict(problem)
    fields.pop("travels" if problem.geometry else "geometry")
    return fields


def plan_to_json(plan: Plan) -> Json:
    """The JSON object of a plan, with `stop_ids` and `seconds` of routes for convenience."""
    fields = asdict(plan)
    fields["cost"]["total_fen"] = plan.cost.total_fen
    for route, written in zip(plan.routes, fields["routes"], strict=True):
        written["stop_ids"] = route.stop_ids
        written["seconds"] = route.seconds
    return fields


class _Reader:
    """One JSON object, read field by field; a wrong one is refused by its path."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise InvalidProblem(path or "problem", "not an object")
        self._fields, self._path = value, path

    def path(self, name: str) -> str:
        """The field's path from the root."""
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._fields.get(name) is not None

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number; `default` when the field is absent."""
        value = self._fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidProblem(self.path(name), "not a whole number")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """A string of at most 128 characters."""
        value = self._fields.get(name, default)
        if not isinstance(value, str) or len(value) > 128:
            raise InvalidProblem(self.path(name), "not a string of at most 128 characters")
        return value

    def number(self, name: str) -> float:
        """A number."""
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidProblem(self.path(name), "not a number")
        return value

    def array(self, name: str) -> list[object]:
        """An array."""
        value = self._fields.get(name)
        if not isinstance(value, list | tuple):
            raise InvalidProblem(self.path(name), "not an array")
        return [*value]

    def each(self, name: str, read: "Callable[[_Reader], T]") -> tuple[T, ...]:
        """An array of objects, each read by `read`."""
        path = self.path(name)
        return tuple(read(_Reader(v, f"{path}[{n}]")) for n, v in enumerate(self.array(name)))

    def nested(self, name: str) -> "_Reader":
        """An object inside."""
        return _Reader(self._fields.get(name), self.path(name))


def problem_from_json(value: object) -> Problem:
    """
    The problem of a JSON object.

    Raises:
        InvalidProblem: Naming the field that is missing, of the wrong type, or contradictory.
    """
    reader = _Reader(value, "")
    geometry = _geometry(reader.nested("geometry")) if reader.has("geometry") else None
    travels = travels_between(geometry) if geometry else reader.each("travels", _travel)
    return Problem(
        depots=reader.each("depots", _depot),
        stops=reader.each("stops", _stop),
        vehicles=reader.each("vehicles", _vehicle),
        travels=travels,
        seed=reader.integer("seed", 1),
        geometry=geometry,
    )


def _depot(reader: _Reader) -> Depot:
    handling = reader.integer("handling_seconds", 120)
    return Depot(reader.text("id"), reader.integer("location"), handling)


def _stop(reader: _Reader) -> Stop:
    return Stop(
        id=reader.text("id"),
        location=reader.integer("location"),
        parts=reader.each("parts", _part),
        window=_window(reader.nested("window")),
        service_seconds=reader.integer("service_seconds"),
        penalty_fen=reader.integer("penalty_fen", 100_000),
    )


def _part(reader: _Reader) -> Part:
    return Part(reader.text("depot_id"), reader.integer("load_grams"), reader.integer("boxes", 0))


def _window(reader: _Reader) -> Window:
    return Window(reader.integer("open_seconds"), reader.integer("close_seconds"))


def _vehicle(reader: _Reader) -> Vehicle:
    return Vehicle(
        id=reader.text("id"),
        profile=reader.text("profile"),
        start=reader.integer("start"),
        capacity_grams=reader.integer("capacity_grams"),
        capacity_boxes=reader.integer("capacity_boxes"),
        shift=_window(reader.nested("shift")),
        max_duration_seconds=reader.integer("max_duration_seconds"),
        end=reader.integer("end") if reader.has("end") else None,
        fen_per_km=reader.integer("fen_per_km", 100),
        fixed_fen=reader.integer("fixed_fen", 0),
    )


def _travel(reader: _Reader) -> Travel:
    return Travel(reader.text("profile"), _matrix(reader, "metres"), _matrix(reader, "seconds"))


def _matrix(reader: _Reader, name: str) -> Matrix:
    rows: list[tuple[int, ...]] = []
    for n, row in enumerate(reader.array(name)):
        if not isinstance(row, list | tuple) or any(type(each) is not int for each in row):
            raise InvalidProblem(f"{reader.path(name)}[{n}]", "not an array of whole numbers")
        rows.append(tuple(row))
    return tuple(rows)


def _geometry(reader: _Reader) -> Geometry:
    def place(at: _Reader) -> Any:
        try:
            return point(at.number("lon"), at.number("lat"))
        except ValueError as wrong:
            raise InvalidProblem(at.path("lon"), str(wrong)) from wrong

    def pace(at: _Reader) -> Pace:
        return Pace(
            at.text("profile"), at.integer("metres_per_hour"), at.integer("detour_permille")
        )

    return Geometry(reader.each("points", place), reader.each("paces", pace))


def plan_from_json(value: object) -> Plan:
    """
    The plan of a JSON object as `plan_to_json` writes it.

    Raises:
        InvalidProblem: Naming the field that is missing or of the wrong type.
    """
    reader = _Reader(value, "")
    cost = reader.nested("cost")
    return Plan(
        solver=reader.text("solver"),
        routes=reader.each("routes", _route),
        unserved=reader.each("unserved", _unserved),
        metres=reader.integer("metres"),
        cost=Cost(
            cost.integer("distance_fen"), cost.integer("fixed_fen"), cost.integer("unserved_fen")
        ),
        fallback_from=reader.text("fallback_from", ""),
    )


def _route(reader: _Reader) -> Route:
    return Route(
        vehicle_id=reader.text("vehicle_id"),
        visits=reader.each("visits", _visit),
        depart_seconds=reader.integer("depart_seconds"),
        finish_seconds=reader.integer("finish_seconds"),
        metres=reader.integer("metres"),
    )


def _visit(reader: _Reader) -> Visit:
    stop_ids = reader.array("stop_ids")
    if not all(isinstance(each, str) for each in stop_ids):
        raise InvalidProblem(reader.path("stop_ids"), "not an array of strings")
    return Visit(
        _one_of(Kind, reader, "kind"),
        reader.text("place_id"),
        tuple(str(each) for each in stop_ids),
        reader.integer("arrive_seconds"),
        reader.integer("start_seconds"),
        reader.integer("leave_seconds"),
    )


def _unserved(reader: _Reader) -> Unserved:
    return Unserved(reader.text("stop_id"), _one_of(Reason, reader, "reason"))


def _one_of(kind: Callable[[str], T], reader: _Reader, name: str) -> T:
    try:
        return kind(reader.text(name))
    except ValueError as wrong:
        raise InvalidProblem(reader.path(name), "not one of its values") from wrong
