"""
What the pure-Python heuristics work on: each courier's trips, as indices into the problem.

A trip collects at its stores, then delivers its stops; a courier may make several. Plans of the
solver may mix collecting and delivering more freely; these heuristics do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from linli.routing.model import UNREACHABLE, Problem, Travel, Vehicle
from linli.routing.plan import Call, Kind, Plan, Reason, Route
from linli.routing.timetable import (
    Times,
    place_of_depot,
    place_of_stop,
    plan_for,
    route_for,
    times,
)

FORBIDDEN = 10**12
"""Metres of a leg that does not exist, more than any sum of legs that do."""


@dataclass(slots=True)
class Trip:
    """Stores in the order of collecting, then stops in the order of delivering (indices)."""

    stores: list[int]
    stops: list[int]


@dataclass(slots=True)
class Tour:
    """
    The trips of one courier; `legs` are metres with FORBIDDEN where there is no way, `likeness`
    is the same number for couriers who differ in nothing but their id.
    """

    vehicle: Vehicle
    travel: Travel
    legs: list[list[int]]
    likeness: int
    trips: list[Trip] = field(default_factory=list)


def _legs(travel: Travel) -> list[list[int]]:
    return [
        [FORBIDDEN if UNREACHABLE in leg else leg[0] for leg in zip(*rows, strict=True)]
        for rows in zip(travel.metres, travel.seconds, strict=True)
    ]


class Fleet:
    """All couriers' tours over one problem, with its lookups by index."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        legs = {travel.profile: _legs(travel) for travel in problem.travels}
        alike: dict[Vehicle, int] = {}
        self.tours: list[Tour] = []
        for vehicle in problem.vehicles:
            likeness = alike.setdefault(replace(vehicle, id=""), len(alike))
            travel = problem.travel(vehicle)
            self.tours.append(Tour(vehicle, travel, legs[vehicle.profile], likeness))
        index = {depot.id: n for n, depot in enumerate(problem.depots)}
        self.store_at = [depot.location for depot in problem.depots]
        self.stop_at = [stop.location for stop in problem.stops]
        self.stores = [place_of_depot(depot) for depot in problem.depots]
        self.stops = [place_of_stop(stop) for stop in problem.stops]
        self.grams = [stop.load_grams for stop in problem.stops]
        self.boxes = [stop.boxes for stop in problem.stops]
        self.sources = [[index[part.depot_id] for part in stop.parts] for stop in problem.stops]

    def fits(self, vehicle: Vehicle, stops: Sequence[int]) -> bool:
        """Whether the vehicle carries these stops' loads at once."""
        grams, boxes = sum([self.grams[n] for n in stops]), sum([self.boxes[n] for n in stops])
        return grams <= vehicle.capacity_grams and boxes <= vehicle.capacity_boxes

    def stores_of(self, stops: Sequence[int]) -> list[int]:
        """The stores that give any part of these stops, each once."""
        return sorted({store for stop in stops for store in self.sources[stop]})

    def in_time(self, tour: Tour, trips: Sequence[Trip]) -> bool:
        """Whether the courier can make these trips within windows and shift."""
        places = [
            place
            for trip in trips
            for place in (
                *(self.stores[n] for n in trip.stores),
                *(self.stops[n] for n in trip.stops),
            )
        ]
        return isinstance(times(tour.travel, tour.vehicle, places), Times)

    def plan(self, solver: str) -> Plan:
        """The plan of the present tours."""
        routes = [self._route(tour) for tour in self.tours if tour.trips]
        return plan_for(self.problem, solver, routes)

    def _route(self, tour: Tour) -> Route:
        calls = [call for trip in tour.trips for call in self._calls(trip)]
        route = route_for(self.problem, tour.vehicle, calls)
        if isinstance(route, Reason):
            raise AssertionError(f"a tour was kept though {route}")
        return route

    def _calls(self, trip: Trip) -> list[Call]:
        depots, stops = self.problem.depots, self.problem.stops
        collects = [
            Call(
                Kind.COLLECT,
                depots[store].id,
                tuple(stops[n].id for n in trip.stops if store in self.sources[n]),
            )
            for store in trip.stores
        ]
        delivers = [Call(Kind.DELIVER, stops[n].id, (stops[n].id,)) for n in trip.stops]
        return collects + delivers
