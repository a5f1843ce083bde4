"""
A plan for a routing problem: each courier's visits with their times, and who is left out, why.

Times are seconds since the wave's start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from linli.routing.model import Problem, Vehicle


class Kind(StrEnum):
    """What a courier does at a place."""

    COLLECT = "collect"
    DELIVER = "deliver"


class Reason(StrEnum):
    """Why a stop is not served. All but `NO_ROOM` hold for the stop on its own."""

    NO_COURIER = "no_courier"
    TOO_HEAVY = "too_heavy"
    TOO_MANY_BOXES = "too_many_boxes"
    UNREACHABLE = "unreachable"
    WINDOW_MISSED = "window_missed"
    SHIFT_TOO_SHORT = "shift_too_short"
    NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True)
class Call:
    """
    A visit without its times: at a store (`place_id` its id) the parts of `stop_ids` are loaded,
    at a stop (`place_id` its id, `stop_ids` just that) they are handed over.
    """

    kind: Kind
    place_id: str
    stop_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """A call with its times: arrival, start of service after any wait, and departure."""

    kind: Kind
    place_id: str
    stop_ids: tuple[str, ...]
    arrive_seconds: int
    start_seconds: int
    leave_seconds: int


@dataclass(frozen=True, slots=True)
class Route:
    """One courier's way, from departure to the end of the last visit or the way home."""

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

    @property
    def total_fen(self) -> int:
        """All parts together: what the engines minimise."""
        return self.distance_fen + self.fixed_fen + self.unserved_fen


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
    """Cost parts of a plan; each route's distance is rounded to the nearest fen."""
    vehicles: dict[str, Vehicle] = {vehicle.id: vehicle for vehicle in problem.vehicles}
    left_out = {each.stop_id for each in unserved}
    used = [(route, vehicles[route.vehicle_id]) for route in routes]
    return Cost(
        distance_fen=sum((r.metres * v.fen_per_km + 500) // 1000 for r, v in used),
        fixed_fen=sum(vehicle.fixed_fen for _, vehicle in used),
        unserved_fen=sum(stop.penalty_fen for stop in problem.stops if stop.id in left_out),
    )
