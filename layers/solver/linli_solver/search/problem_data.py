"""
A wave's problem as PyVRP's data.

Two shapes, as with the other engine: *plain*, where every stop's goods come from the one store
where every courier starts and the fleet carries the wave at once (stops are clients), and
*paired*, where each part of a stop is a shipment from its store to the door, and each return one
from the door to where it is handed in. Handling at a store is once for each visit, whatever is
loaded, so it is part of the way into the store (or out of the start), not of the loading.

The search knows capacities, windows, service, shifts, durations, skills, kinds of couriers, costs
and penalties. Lateness, balance, rests, cold limits and the tie between several parts and returns
of a stop it does not know (parting them costs a second way to the same door, so they seldom part);
`problems` mends and judges what comes out of it.
"""

from dataclasses import replace
from typing import Any

import numpy
from pyvrp._pyvrp import Client, Depot, Location, ProblemData, Shipment, VehicleType

from linli.routing.index import EMPTY, Index
from linli.routing.model import UNREACHABLE, Part, Problem, Return, Stop, Travel, Vehicle
from linli.routing.plan import Reason
from linli.routing.reasons import alone, suits

CLOSED = 10**9
"""Metres and seconds of a way that does not exist, or that a courier may not take."""
OUTRANKS = 10**12
"""Thousandths of a fen for each level of priority: more than all ordinary stops' costs."""


class WaveData:
    """The data of a wave, with what its clients, shipments and vehicle types stand for."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.index = problem, Index(problem)
        self.stops = [s for s in problem.stops if self._possible(s)]
        self.returns = [(stop, back) for stop in self.stops for back in stop.returns]
        self.plain = self._is_plain()
        self.parts = [(stop, part) for stop in self.stops for part in stop.parts]
        self.kinds = self._kinds()
        self._ends: dict[int, int] = {}
        self._places: list[int] = []
        for vehicle in (members[0] for members in self.kinds):
            for place in (vehicle.start, -1 if vehicle.end is None else vehicle.end):
                self._ends.setdefault(place, len(self._ends))
        self._places = list(self._ends)
        self._stores: dict[str, int] = {}
        for depot in () if self.plain else problem.depots:
            self._stores[depot.id] = len(self._places)
            self._places.append(depot.location)
        self._doors = {stop.id: len(self._places) + n for n, stop in enumerate(self.stops)}
        self._places += [stop.location for stop in self.stops]
        self.data = self._data()

    def _possible(self, stop: Stop) -> bool:
        return alone(self.index, stop) is Reason.NO_ROOM

    def _is_plain(self) -> bool:
        stores = {part.depot_id for stop in self.stops for part in stop.parts}
        if len(stores) != 1 or self.returns:
            return False
        store = self.index.depots[next(iter(stores))]
        if any(vehicle.start != store.location for vehicle in self.problem.vehicles):
            return False
        wanted = [sum(column) for column in zip(*map(_size, self.stops), strict=True)]
        room = [sum(column) for column in zip(*map(_room, self.problem.vehicles), strict=True)]
        # A tenth is left over, since loads do not pack without gaps.
        return all(has * 9 >= want * 10 for has, want in zip(room, wanted, strict=True))

    def _kinds(self) -> list[list[Vehicle]]:
        alike: dict[Vehicle, list[Vehicle]] = {}
        for vehicle in self.problem.vehicles:
            alike.setdefault(replace(vehicle, id=""), []).append(vehicle)
        return list(alike.values())

    def _data(self) -> Any:
        closed = [
            frozenset(s.id for s in self.stops if suits(self.index, members[0], s) is not None)
            for members in self.kinds
        ]
        profiles = list(
            dict.fromkeys(
                (members[0].profile, shut) for members, shut in zip(self.kinds, closed, strict=True)
            )
        )
        travels = {travel.profile: travel for travel in self.problem.travels}
        rows = [self._matrices(travels[name], shut) for name, shut in profiles]
        return ProblemData(
            [Location(0, 0) for _ in self._places],
            [self._client(stop) for stop in self.stops] if self.plain else [],
            [Depot(self._ends[place]) for place in self._ends],
            [
                self._type(members, profiles.index((members[0].profile, shut)))
                for members, shut in zip(self.kinds, closed, strict=True)
            ],
            [metres for metres, _ in rows],
            [seconds for _, seconds in rows],
            [],
            []
            if self.plain
            else [
                *(self._shipment(*pair) for pair in self.parts),
                *(self._taken(*pair) for pair in self.returns),
            ],
        )

    def _client(self, stop: Stop) -> Any:
        window = stop.window
        return Client(
            self._doors[stop.id],
            list(_size(stop)),
            service_duration=stop.service_seconds,
            tw_early=window.open_seconds,
            tw_late=window.close_seconds,
            prize=_prize(stop),
            required=False,
        )

    def _shipment(self, stop: Stop, part: Part) -> Any:
        depot, window = self.index.depots[part.depot_id], stop.window
        handling = depot.handling_seconds
        return Shipment(
            self._stores[depot.id],
            self._doors[stop.id],
            pickup_tw_early=depot.window.open_seconds + handling,
            pickup_tw_late=depot.window.close_seconds + handling,
            delivery_tw_early=window.open_seconds,
            delivery_tw_late=window.close_seconds,
            delivery_service_duration=stop.service_seconds // len(stop.parts),
            amount=list(part.size),
            prize=_prize(stop) // _tasks(stop),
            required=False,
        )

    def _taken(self, stop: Stop, back: Return) -> Any:
        """A return; where there is nothing to bring, its taking is the service at the door."""
        depot, window = self.index.depots[back.depot_id], stop.window
        handling, alone = depot.handling_seconds, not stop.parts
        return Shipment(
            self._doors[stop.id],
            self._stores[depot.id],
            pickup_tw_early=window.open_seconds,
            pickup_tw_late=window.close_seconds,
            pickup_service_duration=stop.service_seconds if alone else 0,
            delivery_tw_early=depot.window.open_seconds + handling,
            delivery_tw_late=depot.window.close_seconds + handling,
            amount=list(back.size),
            prize=_prize(stop) // _tasks(stop),
            required=False,
        )

    def _type(self, members: list[Vehicle], profile: int) -> Any:
        vehicle = members[0]
        return VehicleType(
            num_available=len(members),
            capacity=list(vehicle.capacities),
            start_depot=self._ends[vehicle.start],
            end_depot=self._ends[-1 if vehicle.end is None else vehicle.end],
            fixed_cost=vehicle.fixed_fen * 1000,
            tw_early=vehicle.shift.open_seconds,
            tw_late=vehicle.shift.close_seconds,
            shift_duration=vehicle.max_duration_seconds,
            unit_distance_cost=vehicle.fen_per_km,
            profile=profile,
        )

    def _matrices(self, travel: Travel, shut: frozenset[str]) -> tuple[Any, Any]:
        """Metres and seconds between the locations; the way to an open end is nothing."""
        raw = [
            numpy.array(rows, dtype=numpy.int64).reshape(len(rows), -1)
            for rows in (travel.metres, travel.seconds)
        ]
        no_way = (raw[0] == UNREACHABLE) | (raw[1] == UNREACHABLE)
        raw = [numpy.where(no_way, CLOSED, each) for each in raw]
        at = [max(0, place) for place in self._places]
        legs = [each[numpy.ix_(at, at)] for each in raw]
        self._add_handling(legs[1])
        doors = [self._doors[stop_id] for stop_id in shut]
        for each in legs:
            each[:, doors] = CLOSED
            if -1 in self._ends:
                each[:, self._ends[-1]] = 0
            numpy.fill_diagonal(each, 0)
            numpy.minimum(each, CLOSED, out=each)
        return legs[0], legs[1]

    def _add_handling(self, seconds: Any) -> None:
        if self.plain:
            store = self.index.depots[self.parts[0][1].depot_id]
            for start in {self._ends[vehicle.start] for vehicle in self.problem.vehicles}:
                seconds[start, list(self._doors.values())] += store.handling_seconds
        for depot_id, store_at in self._stores.items():
            seconds[:, store_at] += self.index.depots[depot_id].handling_seconds

    def prices(self) -> list[float]:
        """First penalties: a mean stop's load costs a mean way, a second what twenty on it cost."""
        vehicle = self.kinds[0][0]
        travel = self.index.travel(vehicle)
        legs = [leg for row in travel.metres for leg in row if leg > 0]
        waits = [leg for row in travel.seconds for leg in row if leg > 0]
        metres = sum(legs) / max(1, len(legs))
        pace = sum(legs) / max(1, sum(waits))
        unit = float(max(1, vehicle.fen_per_km))
        sizes = zip(*(_size(stop) for stop in self.stops), strict=True)
        means = [sum(column) / len(column) for column in sizes]
        loads = [unit * metres / mean if mean else 1.0 for mean in means]
        return [*loads, 20 * unit * pace, unit]

    def way(self) -> float:
        """What a mean way to one of the ten nearest doors costs."""
        vehicle = self.kinds[0][0]
        legs = numpy.array(self.index.travel(vehicle).metres, dtype=float)
        at = [stop.location for stop in self.stops]
        legs = legs[numpy.ix_(at, at)]
        legs[legs <= 0] = numpy.inf
        near = numpy.sort(legs, axis=1)[:, :10]
        known = near[numpy.isfinite(near)]
        return max(1, vehicle.fen_per_km) * (float(known.mean()) if len(known) else 1.0)


def _size(stop: Stop) -> tuple[int, ...]:
    return tuple(sum(part.size[n] for part in stop.parts) for n in range(len(EMPTY)))


def _tasks(stop: Stop) -> int:
    return len(stop.parts) + len(stop.returns)


def _room(vehicle: Vehicle) -> tuple[int, ...]:
    return vehicle.capacities


def _prize(stop: Stop) -> int:
    return stop.penalty_fen * 1000 + stop.priority * OUTRANKS
