"""
What the pure-Python heuristics work on: each courier's trips, as indices into the problem.

A trip collects at its stores, delivers its stops, then hands in what they returned; a courier may
make several, after what is locked. Plans of the solver may mix these more freely; these
heuristics do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from linli.routing.index import Head, Index
from linli.routing.model import UNREACHABLE, Problem, Travel, Vehicle
from linli.routing.placing import weight
from linli.routing.plan import Call, Kind, Plan, Reason, Route
from linli.routing.reasons import orders_of, suits
from linli.routing.routes import timed_route
from linli.routing.schedule import Place, Times, times
from linli.routing.timetable import plan_for

FORBIDDEN = 10**12
"""Metres of a leg that does not exist, more than any sum of legs that do."""


@dataclass(slots=True)
class Trip:
    """
    Stores in the order of collecting, stops in the order of delivering, then depots in the order
    of handing in returns (all indices).
    """

    stores: list[int]
    stops: list[int]
    drops: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Tour:
    """
    The trips of one courier after their head; `legs` are metres with FORBIDDEN where there is no
    way, `likeness` is the same number for couriers who differ in nothing but their id, `entry` is
    where the trips begin. `soft` is what the present trips' lateness costs (`Fleet.judge`).
    """

    vehicle: Vehicle
    travel: Travel
    legs: list[list[int]]
    likeness: int
    head: Head
    entry: int
    suited: frozenset[int]
    trips: list[Trip] = field(default_factory=list)
    soft: int = 0

    @property
    def begun(self) -> bool:
        """Whether the courier rides even without any trip."""
        return self.vehicle.underway is not None


def _legs(travel: Travel) -> list[list[int]]:
    return [
        list(metres) if min(metres) >= 0 and min(seconds) >= 0 else _open(metres, seconds)
        for metres, seconds in zip(travel.metres, travel.seconds, strict=True)
    ]


def _open(metres: Sequence[int], seconds: Sequence[int]) -> list[int]:
    """A row with what does not exist in either matrix as forbidden."""
    legs = zip(metres, seconds, strict=True)
    return [FORBIDDEN if UNREACHABLE in leg else leg[0] for leg in legs]


class Fleet:
    """All couriers' tours over one problem, with its lookups by index."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.index = problem, Index(problem)
        stops, depots = problem.stops, problem.depots
        at = {depot.id: n for n, depot in enumerate(depots)}
        loaded = {load for head in self.index.heads.values() for load in head.collected}
        self.store_at = [depot.location for depot in depots]
        self.stop_at = [stop.location for stop in stops]
        self.sources = [
            [at[p.depot_id] for p in stop.parts if (stop.id, p.depot_id) not in loaded]
            for stop in stops
        ]
        self.drops = [[at[each.depot_id] for each in stop.returns] for stop in stops]
        self.store_orders = [orders_of(each) for each in self.sources]
        self.drop_orders = [orders_of(each) for each in self.drops]
        self.sizes = [
            tuple(sum(p.size[n] for p in s.parts if (s.id, p.depot_id) not in loaded)
                  for n in range(4))
            for s in stops
        ]  # fmt: skip
        self.measures = [n for n in range(4) if any(size[n] for size in self.sizes)]
        done = {stop_id for head in self.index.heads.values() for stop_id in head.served}
        self.open = [n for n, stop in enumerate(stops) if stop.id not in done]
        self.soft = any(stop.late_fen_per_minute or stop.priority for stop in stops)
        cold = any(p.cold_limit_seconds is not None for s in stops for p in s.parts)
        underway = any(vehicle.underway for vehicle in problem.vehicles)
        # Whether a vehicle may be fuller later than when it has collected.
        self.refilled = underway or any(self.drops)
        self.rich = self.refilled or cold
        self._doors = [self.index.place(_door(stop.id)) for stop in stops]
        self._stores = [self.index.place(Call(Kind.COLLECT, d.id, ())) for d in depots]
        self.tours = self._tours()

    def _tours(self) -> list[Tour]:
        legs = {travel.profile: _legs(travel) for travel in self.problem.travels}
        alike: dict[Vehicle, int] = {}
        suited: dict[int, frozenset[int]] = {}
        tours: list[Tour] = []
        for vehicle in self.problem.vehicles:
            likeness = alike.setdefault(replace(vehicle, id=""), len(alike))
            head = self.index.heads[vehicle.id]
            if likeness not in suited or head.collected or self.index.holders:
                suited[likeness] = self._suited(vehicle)
            entry = self.index.place(head.calls[-1]).location if head.calls else head.place
            travel = self.index.travel(vehicle)
            row = legs[vehicle.profile]
            tours.append(Tour(vehicle, travel, row, likeness, head, entry, suited[likeness]))
        return tours

    def _suited(self, vehicle: Vehicle) -> frozenset[int]:
        stops = self.problem.stops
        return frozenset(n for n in self.open if suits(self.index, vehicle, stops[n]) is None)

    def fits(self, tour: Tour, stops: Sequence[int]) -> bool:
        """Whether the vehicle carries what is to be collected for these stops at once."""
        room, sizes = tour.vehicle.capacities, self.sizes
        return all(sum([sizes[n][k] for n in stops]) <= room[k] for k in self.measures)

    def stores_of(self, stops: Sequence[int]) -> list[int]:
        """The stores that give any part of these stops, each once."""
        return sorted({store for stop in stops for store in self.sources[stop]})

    def judge(self, tour: Tour, trips: Sequence[Trip]) -> int | None:
        """
        Thousandths of a fen of the trips' lateness, urgent stops' weighing most; None when the
        courier cannot make the trips.
        """
        if self.rich:
            calls = self.calls(tour, trips)
            if self.refilled and self.index.overloaded(tour.vehicle, calls):
                return None
            places = self.index.places(tour.vehicle, calls)
            bounds = self.index.bounds(tour.vehicle, calls)
            timed = times(tour.travel, tour.vehicle, places, bounds)
            before = len(tour.head.calls)
        else:
            timed = times(tour.travel, tour.vehicle, self._places(trips))
            before = 0
        if not isinstance(timed, Times):
            return None
        return self._lateness(trips, timed.starts[before:]) if self.soft else 0

    def _places(self, trips: Sequence[Trip]) -> list[Place]:
        places: list[Place] = []
        for trip in trips:
            places += [self._stores[n] for n in trip.stores]
            places += [self._doors[n] for n in trip.stops]
            places += [self._stores[n] for n in trip.drops]
        return places

    def _lateness(self, trips: Sequence[Trip], starts: Sequence[int]) -> int:
        total, n = 0, 0
        for trip in trips:
            n += len(trip.stores)
            for which in trip.stops:
                stop = self.problem.stops[which]
                late = stop.late_seconds(starts[n])
                if late:
                    total += late * (stop.late_fen_per_minute * 1000 // 60 + weight(stop.priority))
                n += 1
            n += len(trip.drops)
        return total

    def plan(self, solver: str) -> Plan:
        """The plan of the present tours."""
        return plan_for(self.problem, solver, self.routes())

    def routes(self) -> list[Route]:
        """The routes of the present tours."""
        return [self._route(tour) for tour in self.tours if tour.trips]

    def _route(self, tour: Tour) -> Route:
        route = timed_route(self.index, tour.vehicle, self.calls(tour, tour.trips))
        if isinstance(route, Reason):
            raise AssertionError(f"a tour was kept though {route}")
        return route

    def calls(self, tour: Tour, trips: Sequence[Trip]) -> list[Call]:
        """The calls of the tour's head and of these trips."""
        return [*tour.head.calls, *(call for trip in trips for call in self._calls(trip))]

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
        hand_ins = [
            Call(
                Kind.RETURN,
                depots[drop].id,
                tuple(stops[n].id for n in trip.stops if drop in self.drops[n]),
            )
            for drop in trip.drops
        ]
        return [*collects, *(_door(stops[n].id) for n in trip.stops), *hand_ins]


def _door(stop_id: str) -> Call:
    return Call(Kind.DELIVER, stop_id, (stop_id,))
