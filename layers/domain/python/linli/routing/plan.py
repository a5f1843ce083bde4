"""
A plan for a routing problem: each courier's visits with their times, and who is left out, why.

Times are seconds since the wave's start.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from linli.routing.model import Problem, Stop
from linli.routing.visits import Call, Kind, Visit

__all__ = ["Call", "Cost", "Kind", "Plan", "Reason", "Route", "Unserved", "Visit", "cost_of",
           "late_of", "rank"]  # fmt: skip


class Reason(StrEnum):
    """
    Why a stop is not served.

    All but the last three hold for the stop on its own, whatever else is in the wave. `NOT_WORTH`:
    it could be added, but for more than its penalty or only by making an urgent stop late.
    `NO_ROOM`: it could be served alone, but does not fit into these routes. `COURIER_STOPPED`: its
    goods are aboard of a courier who cannot bring them any more.
    """

    NO_COURIER = "no_courier"
    NO_SKILL = "no_skill"
    TOO_HEAVY = "too_heavy"
    TOO_MANY_BOXES = "too_many_boxes"
    TOO_BULKY = "too_bulky"
    NO_COLD_BOX = "no_cold_box"
    UNREACHABLE = "unreachable"
    WINDOW_MISSED = "window_missed"
    SHIFT_TOO_SHORT = "shift_too_short"
    TOO_WARM = "too_warm"
    COURIER_STOPPED = "courier_stopped"
    NOT_WORTH = "not_worth"
    NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True)
class Route:
    """
    One courier's way, from departure to the end of the last visit or the way home.

    Of a route under way `visits` begin with what has happened; departure and metres count from
    the courier's position on.
    """

    vehicle_id: str
    visits: tuple[Visit, ...]
    depart_seconds: int
    finish_seconds: int
    metres: int

    @property
    def stop_ids(self) -> tuple[str, ...]:
        """Served stops in their order."""
        return tuple(visit.place_id for visit in self.visits if visit.kind is Kind.DELIVER)

    @property
    def seconds(self) -> int:
        """From departure to finish."""
        return self.finish_seconds - self.depart_seconds


@dataclass(frozen=True, slots=True)
class Unserved:
    """A stop that no route serves."""

    stop_id: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs, by its parts."""

    distance_fen: int
    fixed_fen: int
    unserved_fen: int
    late_fen: int = 0
    balance_fen: int = 0

    @property
    def total_fen(self) -> int:
        """All parts together: what the engines minimise."""
        return (
            self.distance_fen
            + self.fixed_fen
            + self.unserved_fen
            + self.late_fen
            + self.balance_fen
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Routes of the couriers who have one, and the stops left out.

    `solver` names the engine that made it. `fallback_from` says why the wanted engine did not
    (empty when it did).
    """

    solver: str
    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    metres: int
    cost: Cost
    fallback_from: str = ""


def cost_of(problem: Problem, routes: Sequence[Route], unserved: Sequence[Unserved]) -> Cost:
    """Cost parts of a plan; each route's distance and each lateness is rounded to a whole fen."""
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    left_out = {each.stop_id for each in unserved}
    stops = {stop.id: stop for stop in problem.stops}
    used = [(route, vehicles[route.vehicle_id]) for route in routes]
    longest = max((work_seconds(problem, route) for route in routes), default=0)
    return Cost(
        distance_fen=sum((r.metres * v.fen_per_km + 500) // 1000 for r, v in used),
        fixed_fen=sum(vehicle.fixed_fen for _, vehicle in used),
        unserved_fen=sum(stop.penalty_fen for stop in problem.stops if stop.id in left_out),
        late_fen=sum(late_of(stops, visit) for r in routes for visit in planned_visits(problem, r)),
        balance_fen=(longest * problem.balance_fen_per_hour + 1800) // 3600,
    )


def planned_visits(problem: Problem, route: Route) -> tuple[Visit, ...]:
    """The route's visits that have not happened yet."""
    vehicle = next(each for each in problem.vehicles if each.id == route.vehicle_id)
    return route.visits[len(vehicle.underway.visits) if vehicle.underway else 0 :]


def late_of(stops: Mapping[str, Stop], visit: Visit) -> int:
    """What the lateness of one visit costs."""
    if visit.kind is not Kind.DELIVER:
        return 0
    stop = stops[visit.place_id]
    return (stop.late_seconds(visit.start_seconds) * stop.late_fen_per_minute + 30) // 60


def work_seconds(problem: Problem, route: Route) -> int:
    """Planned riding and service of a route: what is shared out evenly. No waits, no rests."""
    idle = sum(
        v.leave_seconds - v.arrive_seconds
        if v.kind is Kind.REST
        else v.start_seconds - v.arrive_seconds
        for v in planned_visits(problem, route)
    )
    return route.seconds - idle


def rank(problem: Problem, plan: Plan) -> tuple[int, ...]:
    """
    How good a plan is; the smaller of two is the better.

    For each priority, the highest first, the number of stops left out and the seconds of
    lateness; then the total cost, of which ordinary stops' lateness is a part.
    """
    stops = {stop.id: stop for stop in problem.stops}
    levels = sorted({stop.priority for stop in problem.stops if stop.priority}, reverse=True)
    out = [stops[each.stop_id].priority for each in plan.unserved]
    late = dict.fromkeys(levels, 0)
    for route in plan.routes:
        for visit in planned_visits(problem, route):
            if visit.kind is Kind.DELIVER and stops[visit.place_id].priority:
                stop = stops[visit.place_id]
                late[stop.priority] += stop.late_seconds(visit.start_seconds)
    high = [figure for level in levels for figure in (out.count(level), late[level])]
    return (*high, plan.cost.total_fen)
