"""What a problem must fulfil to be one; each fault is refused by the path of its field."""

from collections.abc import Iterable, Sequence

from linli.routing.model import (
    EMERGENCY,
    HORIZON_SECONDS,
    LARGEST,
    LIMIT_STOPS,
    UNREACHABLE,
    InvalidProblem,
    Part,
    Problem,
    Return,
    Stop,
    Underway,
    Vehicle,
    Window,
)
from linli.routing.visits import Call, Kind, Visit

LIMIT_SKILLS = 32


def check(problem: Problem) -> None:
    """
    Raise if the problem contradicts itself.

    Raises:
        InvalidProblem: Naming the first field that is wrong.
    """
    places = len(problem.travels[0].metres) if problem.travels else 0
    _check_unique("depots", [depot.id for depot in problem.depots])
    _check_unique("stops", [stop.id for stop in problem.stops])
    _check_unique("vehicles", [vehicle.id for vehicle in problem.vehicles])
    _check_unique("travels", [travel.profile for travel in problem.travels])
    _check_number("stops", len(problem.stops), LIMIT_STOPS)
    _check_number("seed", problem.seed, 2**31 - 1)
    _check_number("balance_fen_per_hour", problem.balance_fen_per_hour, 1_000_000)
    for n, travel in enumerate(problem.travels):
        _check_matrix(f"travels[{n}].metres", travel.metres, places)
        _check_matrix(f"travels[{n}].seconds", travel.seconds, places)
    for n, depot in enumerate(problem.depots):
        _check_place(f"depots[{n}].location", depot.location, places)
        _check_number(f"depots[{n}].handling_seconds", depot.handling_seconds, HORIZON_SECONDS)
        _check_window(f"depots[{n}].window", depot.window)
    known = {depot.id for depot in problem.depots}
    for n, stop in enumerate(problem.stops):
        _check_stop(f"stops[{n}]", stop, places, known)
    _check_drops(problem.stops)
    profiles = {travel.profile for travel in problem.travels}
    for n, vehicle in enumerate(problem.vehicles):
        _check_vehicle(f"vehicles[{n}]", vehicle, places, profiles)
    _check_routes_underway(problem, places)


def _check_stop(path: str, stop: Stop, places: int, depots: set[str]) -> None:
    _check_place(f"{path}.location", stop.location, places)
    _check_window(f"{path}.window", stop.window)
    _check_number(f"{path}.service_seconds", stop.service_seconds, HORIZON_SECONDS)
    _check_number(f"{path}.penalty_fen", stop.penalty_fen)
    _check_number(f"{path}.late_fen_per_minute", stop.late_fen_per_minute, 1_000_000)
    _check_number(f"{path}.priority", stop.priority, EMERGENCY)
    _check_skills(f"{path}.skills", stop.skills)
    if stop.due_seconds is not None:
        _check_number(f"{path}.due_seconds", stop.due_seconds, stop.window.close_seconds)
    if not stop.parts and not stop.returns:
        raise InvalidProblem(f"{path}.parts", "at least one part or return")
    _check_loads(f"{path}.parts", stop.parts, depots)
    _check_loads(f"{path}.returns", stop.returns, depots)
    for n, part in enumerate(stop.parts):
        if part.cold_limit_seconds is not None:
            limit = f"{path}.parts[{n}].cold_limit_seconds"
            _check_number(limit, part.cold_limit_seconds, HORIZON_SECONDS)


def _check_drops(stops: Sequence[Stop]) -> None:
    """Drops of an order name its first, which is none of another's; returns go with the last."""
    first = {stop.id: stop for stop in stops}
    last = {stop.order: n for n, stop in enumerate(stops) if stop.order_id}
    for n, stop in enumerate(stops):
        before = first.get(stop.order_id) if stop.order_id else None
        if before is not None and before.order_id:
            raise InvalidProblem(f"stops[{n}].order_id", "is itself a drop of another order")
        if stop.returns and stop.order in last and n != last[stop.order]:
            raise InvalidProblem(f"stops[{n}].returns", "go with the last drop of the order")


def _check_loads(path: str, loads: Sequence[Part | Return], depots: set[str]) -> None:
    _check_unique(path, [load.depot_id for load in loads])
    for n, load in enumerate(loads):
        if load.depot_id not in depots:
            raise InvalidProblem(f"{path}[{n}].depot_id", "no such depot")
        names = "load_grams", "boxes", "volume_millilitres", "cold_boxes"
        for name, number in zip(names, load.size, strict=True):
            _check_number(f"{path}[{n}].{name}", number)


def _check_vehicle(path: str, vehicle: Vehicle, places: int, profiles: set[str]) -> None:
    _check_place(f"{path}.start", vehicle.start, places)
    if vehicle.end is not None:
        _check_place(f"{path}.end", vehicle.end, places)
    if vehicle.profile not in profiles:
        raise InvalidProblem(f"{path}.profile", "no travel matrix of this profile")
    _check_window(f"{path}.shift", vehicle.shift)
    for name in ("grams", "boxes", "millilitres", "cold_boxes"):
        _check_number(f"{path}.capacity_{name}", getattr(vehicle, f"capacity_{name}"))
    _check_number(f"{path}.max_duration_seconds", vehicle.max_duration_seconds)
    _check_number(f"{path}.fen_per_km", vehicle.fen_per_km, 1_000_000)
    _check_number(f"{path}.fixed_fen", vehicle.fixed_fen)
    _check_number(f"{path}.worked_seconds", vehicle.worked_seconds, HORIZON_SECONDS)
    _check_number(f"{path}.worked_today_seconds", vehicle.worked_today_seconds, HORIZON_SECONDS)
    _check_skills(f"{path}.skills", vehicle.skills)
    if vehicle.rest is not None:
        _check_number(f"{path}.rest.rest_seconds", vehicle.rest.rest_seconds, HORIZON_SECONDS)
        _check_number(f"{path}.rest.after_seconds", vehicle.rest.after_seconds, HORIZON_SECONDS)


def _check_routes_underway(problem: Problem, places: int) -> None:
    """Served and locked calls may be made in their order, and no two couriers make the same."""
    deeds = _deeds(problem)
    holder: dict[str, str] = {}
    for n, vehicle in enumerate(problem.vehicles):
        if vehicle.underway is not None:
            path = f"vehicles[{n}].underway"
            _check_place(f"{path}.at", vehicle.underway.at, places)
            _check_number(f"{path}.now_seconds", vehicle.underway.now_seconds, HORIZON_SECONDS)
            _check_underway(path, vehicle.underway, deeds, holder)
            _check_locked_way(path, problem, vehicle, vehicle.underway)


def _check_underway(path: str, underway: Underway, deeds: "Deeds", holder: dict[str, str]) -> None:
    own: set[Deed] = set()
    for n, visit in enumerate(underway.visits):
        _check_times(f"{path}.visits[{n}]", visit)
        _check_call(f"{path}.visits[{n}]", visit.call, deeds, own)
    for n, call in enumerate(underway.locked):
        if call.kind is Kind.REST:
            raise InvalidProblem(f"{path}.locked[{n}].kind", "rests are not locked")
        _check_call(f"{path}.locked[{n}]", call, deeds, own)
    for _, _, stop_id in own:
        if holder.setdefault(stop_id, path) != path:
            raise InvalidProblem(path, f"{stop_id} is also with {holder[stop_id]}")


def _check_locked_way(path: str, problem: Problem, vehicle: Vehicle, underway: Underway) -> None:
    """The locked calls can be reached one after the other, and home from the last."""
    depots = {depot.id: depot.location for depot in problem.depots}
    stops = {stop.id: stop.location for stop in problem.stops}
    travel, at = problem.travel(vehicle), underway.at
    for n, call in enumerate(underway.locked):
        to = (stops if call.kind is Kind.DELIVER else depots)[call.place_id]
        if UNREACHABLE in (travel.metres[at][to], travel.seconds[at][to]):
            raise InvalidProblem(f"{path}.locked[{n}]", "there is no way to it")
        at = to
    home = vehicle.end
    if home is not None and UNREACHABLE in (travel.metres[at][home], travel.seconds[at][home]):
        raise InvalidProblem(f"{path}.at", "there is no way home")


Deed = tuple[Kind, str, str]
"""One thing that a call does: its kind, its place, and for which stop."""
Deeds = dict[Deed, tuple[Deed, ...]]
"""Each deed that can be done, with those that must come before it."""


def _deeds(problem: Problem) -> Deeds:
    deeds: Deeds = {}
    for stop in problem.stops:
        door = Kind.DELIVER, stop.id, stop.id
        collects = [(Kind.COLLECT, part.depot_id, stop.id) for part in stop.parts]
        deeds |= dict.fromkeys(collects, ())
        deeds[door] = tuple(collects)
        deeds |= {(Kind.RETURN, each.depot_id, stop.id): (door,) for each in stop.returns}
    return deeds


def _check_call(path: str, call: Call, deeds: Deeds, own: set[Deed]) -> None:
    if call.kind is not Kind.REST and not call.stop_ids:
        raise InvalidProblem(f"{path}.stop_ids", "empty")
    for stop_id in call.stop_ids:
        deed = call.kind, call.place_id, stop_id
        if deed not in deeds:
            raise InvalidProblem(f"{path}.stop_ids", f"nothing of {stop_id} to do there")
        if deed in own:
            raise InvalidProblem(f"{path}.stop_ids", f"{stop_id} twice")
        if any(each not in own for each in deeds[deed]):
            raise InvalidProblem(f"{path}.stop_ids", f"{stop_id} is not aboard")
        own.add(deed)


def _check_times(path: str, visit: Visit) -> None:
    before = 0
    for name in ("arrive_seconds", "start_seconds", "leave_seconds"):
        at = getattr(visit, name)
        _check_number(f"{path}.{name}", at, HORIZON_SECONDS)
        if at < before:
            raise InvalidProblem(f"{path}.{name}", "earlier than what comes before")
        before = at


def _check_skills(path: str, skills: Sequence[str]) -> None:
    _check_number(path, len(skills), LIMIT_SKILLS)
    _check_unique(path, skills)


def _check_unique(path: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for n, each in enumerate(ids):
        if not each or each in seen:
            raise InvalidProblem(f"{path}[{n}]", "an id is empty or repeated")
        seen.add(each)


def _check_number(path: str, number: int, largest: int = LARGEST) -> None:
    if not 0 <= number <= largest:
        raise InvalidProblem(path, f"not between 0 and {largest}")


def _check_place(path: str, place: int, places: int) -> None:
    if not 0 <= place < places:
        raise InvalidProblem(path, f"no such place among {places}")


def _check_window(path: str, window: Window) -> None:
    _check_number(f"{path}.open_seconds", window.open_seconds, HORIZON_SECONDS)
    _check_number(f"{path}.close_seconds", window.close_seconds, HORIZON_SECONDS)
    if window.close_seconds < window.open_seconds:
        raise InvalidProblem(f"{path}.close_seconds", "before it opens")


def _check_matrix(path: str, matrix: Iterable[Sequence[int]], places: int) -> None:
    rows = list(matrix)
    if len(rows) != places:
        raise InvalidProblem(path, f"not {places} rows")
    for n, row in enumerate(rows):
        if len(row) != places or min(row, default=0) < UNREACHABLE or max(row, default=0) > 10**7:
            raise InvalidProblem(f"{path}[{n}]", f"not {places} numbers from -1 to 10000000")
