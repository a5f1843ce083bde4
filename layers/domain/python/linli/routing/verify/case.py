"""What the check of a plan looks at: the problem's data by id, each route beside its courier."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from linli.routing.model import Depot, Problem, Stop, Travel, Underway, Vehicle
from linli.routing.plan import Plan, Route
from linli.routing.visits import Kind, Visit

NOT_UNDERWAY = Underway((), 0, 0)


class Code(StrEnum):
    """What is wrong with a plan."""

    UNKNOWN_ID = "unknown_id"
    COURIER_TWICE = "courier_twice"
    NOT_SERVED = "not_served"
    SERVED_TWICE = "served_twice"
    SERVED_AND_UNSERVED = "served_and_unserved"
    NOT_COLLECTED = "not_collected"
    COLLECTED_TWICE = "collected_twice"
    NOT_RETURNED = "not_returned"
    OVERLOADED_GRAMS = "overloaded_grams"
    OVERLOADED_BOXES = "overloaded_boxes"
    OVERLOADED_VOLUME = "overloaded_volume"
    OVERLOADED_COLD = "overloaded_cold"
    SKILL_MISSING = "skill_missing"
    LOCKED_MOVED = "locked_moved"
    UNREACHABLE = "unreachable"
    TIMES_WRONG = "times_wrong"
    WINDOW_MISSED = "window_missed"
    TOO_WARM = "too_warm"
    OUTSIDE_SHIFT = "outside_shift"
    TOO_LONG = "too_long"
    NO_REST = "no_rest"
    METRES_WRONG = "metres_wrong"
    COST_WRONG = "cost_wrong"
    REASON_WRONG = "reason_wrong"
    DROPS_APART = "drops_apart"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong; `where` is the id of the stop, store or courier concerned."""

    code: Code
    where: str


class Case:
    """A problem and a plan for it, by id."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.depots = {depot.id: depot for depot in problem.depots}
        self.stops = {stop.id: stop for stop in problem.stops}
        self.vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self.parts = {(s.id, part.depot_id): part for s in problem.stops for part in s.parts}
        self.returns = {(s.id, each.depot_id): each for s in problem.stops for each in s.returns}

    def place(self, visit: Visit) -> Depot | Stop:
        """The store, station or stop of a visit that is no rest."""
        places: dict[str, Depot] | dict[str, Stop]
        places = self.stops if visit.kind is Kind.DELIVER else self.depots
        return places[visit.place_id]

    @cached_property
    def rides(self) -> "list[Ride]":
        """Each route with its courier."""
        return [Ride(self, self.vehicles[route.vehicle_id], route) for route in self.plan.routes]


@dataclass(frozen=True)
class Ride:
    """One courier's route: what has happened (`past`), then what is planned."""

    case: Case
    vehicle: Vehicle
    route: Route

    @property
    def underway(self) -> Underway:
        """What was made and is locked; nothing when the courier has not left."""
        return self.vehicle.underway or NOT_UNDERWAY

    @property
    def travel(self) -> Travel:
        """The courier's matrices."""
        return self.case.problem.travel(self.vehicle)

    @property
    def past(self) -> tuple[Visit, ...]:
        """Visits that have happened."""
        return self.route.visits[: len(self.underway.visits)]

    @property
    def planned(self) -> tuple[Visit, ...]:
        """Visits to come, the locked ones first."""
        return self.route.visits[len(self.underway.visits) :]

    @cached_property
    def owed(self) -> set[tuple[str, str]]:
        """Returns (stop, depot) taken before or by the locked visits and not handed in by them."""
        begun = [*self.past, *self.planned[: len(self.underway.locked)]]
        taken = {(v.place_id, r.depot_id) for v in begun if v.kind is Kind.DELIVER
                 for r in self.case.stops[v.place_id].returns}  # fmt: skip
        handed = {(s, v.place_id) for v in begun if v.kind is Kind.RETURN for s in v.stop_ids}
        return taken - handed

    @cached_property
    def due(self) -> tuple[bool, ...]:
        """Of each planned visit, whether it is made whatever the times: locked, or owed."""
        locked = len(self.underway.locked)
        return tuple(
            n < locked
            or (
                visit.kind is Kind.RETURN
                and all((stop_id, visit.place_id) in self.owed for stop_id in visit.stop_ids)
            )
            for n, visit in enumerate(self.planned)
        )

    @property
    def free(self) -> bool:
        """Whether nothing is planned beyond what is made whatever the times."""
        return self.vehicle.underway is not None and all(self.due)

    def legs(self) -> Iterator[tuple[int, int, str]]:
        """From place, to place and whose: of each planned visit, and home at last."""
        at = self.vehicle.start if self.vehicle.underway is None else self.vehicle.underway.at
        for visit in self.planned:
            if visit.kind is not Kind.REST:
                place = self.case.place(visit)
                yield at, place.location, place.id
                at = place.location
        if self.vehicle.end is not None:
            yield at, self.vehicle.end, self.vehicle.id
