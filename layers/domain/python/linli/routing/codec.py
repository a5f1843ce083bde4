"""
Problems and plans as JSON objects with stable names (those of the dataclasses).

A problem carries either `travels` (matrices) or `geometry` (points and paces from which the
matrices are made), which keeps a wave of 300 stops far under Step Functions' 256 KB. Fields that
have their default are left out when written and taken as it when read.
"""

from dataclasses import MISSING, asdict, fields, is_dataclass
from typing import Any

from linli.kernel.geography import point
from linli.routing.model import (
    ALWAYS,
    LARGEST,
    Depot,
    Geometry,
    InvalidProblem,
    Matrix,
    Pace,
    Part,
    Problem,
    Rest,
    Return,
    Stop,
    Travel,
    Underway,
    Vehicle,
    Window,
)
from linli.routing.plan import Call, Cost, Kind, Plan, Reason, Route, Unserved, Visit
from linli.routing.reader import Reader
from linli.routing.rules import travels_between

Json = dict[str, Any]


def problem_to_json(problem: Problem) -> Json:
    """The JSON object of a problem; without matrices where its geometry is known."""
    left_out = "travels" if problem.geometry else "geometry"
    return {name: each for name, each in _brief(problem).items() if name != left_out}


def _brief(value: Any) -> Any:
    """The value's JSON, objects without the fields that have their default."""
    if is_dataclass(value):
        return {
            each.name: _brief(getattr(value, each.name))
            for each in fields(value)
            if each.default is MISSING or getattr(value, each.name) != each.default
        }
    if isinstance(value, tuple) and value and not isinstance(value[0], int):
        return tuple(_brief(each) for each in value)
    return value


def plan_to_json(plan: Plan) -> Json:
    """The JSON object of a plan, with `stop_ids` and `seconds` of routes for convenience."""
    fields = asdict(plan)
    fields["cost"]["total_fen"] = plan.cost.total_fen
    for route, written in zip(plan.routes, fields["routes"], strict=True):
        written["stop_ids"] = route.stop_ids
        written["seconds"] = route.seconds
    return fields


def problem_from_json(value: object) -> Problem:
    """
    The problem of a JSON object.

    Raises:
        InvalidProblem: Naming the field that is missing, of the wrong type, or contradictory.
    """
    reader = Reader(value, "")
    geometry = _geometry(reader.nested("geometry")) if reader.has("geometry") else None
    travels = travels_between(geometry) if geometry else reader.each("travels", _travel)
    return Problem(
        depots=reader.each("depots", _depot),
        stops=reader.each("stops", _stop),
        vehicles=reader.each("vehicles", _vehicle),
        travels=travels,
        seed=reader.integer("seed", 1),
        geometry=geometry,
        balance_fen_per_hour=reader.integer("balance_fen_per_hour", 0),
    )


def _depot(reader: Reader) -> Depot:
    return Depot(
        id=reader.text("id"),
        location=reader.integer("location"),
        handling_seconds=reader.integer("handling_seconds", 120),
        window=_window(reader.nested("window")) if reader.has("window") else ALWAYS,
    )


def _stop(reader: Reader) -> Stop:
    return Stop(
        id=reader.text("id"),
        location=reader.integer("location"),
        parts=reader.each("parts", _part),
        window=_window(reader.nested("window")),
        service_seconds=reader.integer("service_seconds"),
        penalty_fen=reader.integer("penalty_fen", 100_000),
        returns=reader.each_or_none("returns", _return),
        skills=reader.texts("skills"),
        due_seconds=reader.integer_or_none("due_seconds"),
        late_fen_per_minute=reader.integer("late_fen_per_minute", 0),
        priority=reader.integer("priority", 0),
        order_id=reader.text("order_id", ""),
    )


def _part(reader: Reader) -> Part:
    return Part(
        depot_id=reader.text("depot_id"),
        load_grams=reader.integer("load_grams"),
        boxes=reader.integer("boxes", 0),
        volume_millilitres=reader.integer("volume_millilitres", 0),
        cold_boxes=reader.integer("cold_boxes", 0),
        cold_limit_seconds=reader.integer_or_none("cold_limit_seconds"),
    )


def _return(reader: Reader) -> Return:
    return Return(
        depot_id=reader.text("depot_id"),
        load_grams=reader.integer("load_grams"),
        boxes=reader.integer("boxes", 0),
        volume_millilitres=reader.integer("volume_millilitres", 0),
    )


def _window(reader: Reader) -> Window:
    return Window(reader.integer("open_seconds"), reader.integer("close_seconds"))


def _vehicle(reader: Reader) -> Vehicle:
    return Vehicle(
        id=reader.text("id"),
        profile=reader.text("profile"),
        start=reader.integer("start"),
        capacity_grams=reader.integer("capacity_grams"),
        capacity_boxes=reader.integer("capacity_boxes"),
        shift=_window(reader.nested("shift")),
        max_duration_seconds=reader.integer("max_duration_seconds"),
        end=reader.integer_or_none("end"),
        fen_per_km=reader.integer("fen_per_km", 100),
        fixed_fen=reader.integer("fixed_fen", 0),
        capacity_millilitres=reader.integer("capacity_millilitres", LARGEST),
        capacity_cold_boxes=reader.integer("capacity_cold_boxes", 0),
        skills=reader.texts("skills"),
        rest=_rest(reader.nested("rest")) if reader.has("rest") else None,
        worked_seconds=reader.integer("worked_seconds", 0),
        worked_today_seconds=reader.integer("worked_today_seconds", 0),
        underway=_underway(reader.nested("underway")) if reader.has("underway") else None,
    )


def _rest(reader: Reader) -> Rest:
    usual = Rest()
    return Rest(
        reader.integer("after_seconds", usual.after_seconds),
        reader.integer("rest_seconds", usual.rest_seconds),
    )


def _underway(reader: Reader) -> Underway:
    return Underway(
        visits=reader.each("visits", _visit),
        at=reader.integer("at"),
        now_seconds=reader.integer("now_seconds"),
        locked=reader.each_or_none("locked", _call),
    )


def _travel(reader: Reader) -> Travel:
    return Travel(reader.text("profile"), _matrix(reader, "metres"), _matrix(reader, "seconds"))


def _matrix(reader: Reader, name: str) -> Matrix:
    rows: list[tuple[int, ...]] = []
    for n, row in enumerate(reader.array(name)):
        if not isinstance(row, list | tuple) or any(type(each) is not int for each in row):
            raise InvalidProblem(f"{reader.path(name)}[{n}]", "not an array of whole numbers")
        rows.append(tuple(row))
    return tuple(rows)


def _geometry(reader: Reader) -> Geometry:
    def place(at: Reader) -> Any:
        try:
            return point(at.number("lon"), at.number("lat"))
        except ValueError as wrong:
            raise InvalidProblem(at.path("lon"), str(wrong)) from wrong

    def pace(at: Reader) -> Pace:
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
    reader = Reader(value, "")
    cost = reader.nested("cost")
    return Plan(
        solver=reader.text("solver"),
        routes=reader.each("routes", _route),
        unserved=reader.each("unserved", _unserved),
        metres=reader.integer("metres"),
        cost=Cost(
            distance_fen=cost.integer("distance_fen"),
            fixed_fen=cost.integer("fixed_fen"),
            unserved_fen=cost.integer("unserved_fen"),
            late_fen=cost.integer("late_fen", 0),
            balance_fen=cost.integer("balance_fen", 0),
        ),
        fallback_from=reader.text("fallback_from", ""),
    )


def _route(reader: Reader) -> Route:
    return Route(
        vehicle_id=reader.text("vehicle_id"),
        visits=reader.each("visits", _visit),
        depart_seconds=reader.integer("depart_seconds"),
        finish_seconds=reader.integer("finish_seconds"),
        metres=reader.integer("metres"),
    )


def _call(reader: Reader) -> Call:
    return Call(reader.one_of(Kind, "kind"), reader.text("place_id"), reader.texts("stop_ids"))


def _visit(reader: Reader) -> Visit:
    return Visit(
        kind=reader.one_of(Kind, "kind"),
        place_id=reader.text("place_id"),
        stop_ids=reader.texts("stop_ids"),
        arrive_seconds=reader.integer("arrive_seconds"),
        start_seconds=reader.integer("start_seconds"),
        leave_seconds=reader.integer("leave_seconds"),
    )


def _unserved(reader: Reader) -> Unserved:
    return Unserved(reader.text("stop_id"), reader.one_of(Reason, "reason"))
