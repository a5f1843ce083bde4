"""Lookups of a problem by id, and what couriers under way have done: made once for a search."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from linli.routing.model import UNREACHABLE, Depot, Problem, Size, Stop, Travel, Vehicle
from linli.routing.plan import Reason
from linli.routing.schedule import FOREVER, UNBOUND, Bounds, Lag, Place
from linli.routing.visits import Call, Kind

Load = tuple[str, str]
"""A part or a return: its stop's id and its depot's id."""
EMPTY: Size = (0, 0, 0, 0)


def place_of_depot(depot: Depot) -> Place:
    """A store or station with its hours."""
    window = depot.window
    return Place(depot.location, depot.handling_seconds, window.open_seconds, window.close_seconds)


def place_of_stop(stop: Stop) -> Place:
    """A doorstep with its window; an urgent one is never put off."""
    window = stop.window
    due = FOREVER if stop.due_seconds is None else stop.due_seconds
    due = 0 if stop.priority else due
    opens, closes = window.open_seconds, window.close_seconds
    return Place(stop.location, stop.service_seconds, opens, closes, due)


@dataclass(frozen=True, slots=True)
class Head:
    """
    How a courier's route begins: the locked calls, then `hand_ins` of returns that are aboard by
    then. `since` is when each part aboard was collected; `load` is what is aboard at first;
    `served` and `collected` include what is locked. `place` is where the courier then is.
    """

    locked: tuple[Call, ...] = ()
    hand_ins: tuple[Call, ...] = ()
    since: tuple[tuple[Load, int], ...] = ()
    load: Size = EMPTY
    served: frozenset[str] = frozenset()
    collected: frozenset[Load] = frozenset()
    place: int = 0

    @property
    def calls(self) -> tuple[Call, ...]:
        """All that is made whatever the times."""
        return self.locked + self.hand_ins


class Index:
    """A problem's depots, stops, loads and couriers by id."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.depots = {depot.id: depot for depot in problem.depots}
        self.stops = {stop.id: stop for stop in problem.stops}
        self.vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self.parts = {(s.id, p.depot_id): p for s in problem.stops for p in s.parts}
        self.returns = {(s.id, r.depot_id): r for s in problem.stops for r in s.returns}
        self.at_doors = {stop.id: _at_door(stop) for stop in problem.stops}
        self._travels = {travel.profile: travel for travel in problem.travels}
        self._stores = {depot.id: place_of_depot(depot) for depot in problem.depots}
        self._doors = {stop.id: place_of_stop(stop) for stop in problem.stops}
        self._cold = any(part.cold_limit_seconds is not None for part in self.parts.values())
        self.heads = {vehicle.id: self._head(vehicle) for vehicle in problem.vehicles}
        # Which courier has, or is locked to load, parts of a stop.
        self.holders = {
            stop_id: vehicle_id
            for vehicle_id, head in self.heads.items()
            for stop_id, _ in head.collected
        }

    def travel(self, vehicle: Vehicle) -> Travel:
        """The matrices that the vehicle moves by."""
        return self._travels[vehicle.profile]

    def place(self, call: Call) -> Place:
        """Where and when a call may be made."""
        return (self._doors if call.kind is Kind.DELIVER else self._stores)[call.place_id]

    def _head(self, vehicle: Vehicle) -> Head:
        if vehicle.underway is None:
            return Head(place=vehicle.start)
        locked = vehicle.underway.locked
        past = [visit.call for visit in vehicle.underway.visits]
        begun = [*past, *locked]
        since = {
            (stop_id, visit.place_id): visit.start_seconds
            for visit in vehicle.underway.visits
            if visit.kind is Kind.COLLECT
            for stop_id in visit.stop_ids
        }
        place = self.place(locked[-1]).location if locked else vehicle.underway.at
        return Head(
            locked=locked,
            hand_ins=self._hand_ins(vehicle, begun, place),
            since=tuple(since.items()),
            load=sum_of(self, past),
            served=frozenset(call.place_id for call in begun if call.kind is Kind.DELIVER),
            collected=frozenset(_loads(begun, Kind.COLLECT)),
            place=place,
        )

    def _hand_ins(self, vehicle: Vehicle, begun: list[Call], place: int) -> tuple[Call, ...]:
        """A call for each depot that returns taken so far are still to be brought to."""
        handed = _loads(begun, Kind.RETURN)
        taken: dict[str, list[str]] = {}
        for stop_id in [call.place_id for call in begun if call.kind is Kind.DELIVER]:
            for each in self.stops[stop_id].returns:
                if (stop_id, each.depot_id) not in handed:
                    taken.setdefault(each.depot_id, []).append(stop_id)
        calls = [Call(Kind.RETURN, depot_id, tuple(ids)) for depot_id, ids in taken.items()]
        travel = self.travel(vehicle)
        return tuple(
            call for call in calls if is_way(travel, place, self.depots[call.place_id].location)
        )

    def places(self, vehicle: Vehicle, calls: Sequence[Call]) -> list[Place]:
        """The places of planned calls; those of the head come whatever the times."""
        if vehicle.underway is None:
            return [self.place(call) for call in calls]
        due = self.due(vehicle, calls)
        return [
            _whenever(self.place(call)) if each else self.place(call)
            for call, each in zip(calls, due, strict=True)
        ]

    def due(self, vehicle: Vehicle, calls: Sequence[Call]) -> list[bool]:
        """Which planned calls are made whatever the times."""
        head = self.heads[vehicle.id]
        handed = _loads(head.hand_ins, Kind.RETURN)
        return [
            n < len(head.locked)
            or (
                call.kind is Kind.RETURN
                and all((s, call.place_id) in handed for s in call.stop_ids)
            )
            for n, call in enumerate(calls)
        ]

    def bounds(self, vehicle: Vehicle, calls: Sequence[Call]) -> Bounds:
        """What binds the times of planned calls beside windows."""
        lags = self._lags(vehicle, calls) if self._cold else ()
        if vehicle.underway is None:
            return Bounds(lags) if lags else UNBOUND
        locked = len(vehicle.underway.locked)
        return Bounds(lags, locked, all(self.due(vehicle, calls)))

    def _lags(self, vehicle: Vehicle, calls: Sequence[Call]) -> list[Lag]:
        """From the start of collecting to the end of service at the door."""
        head = self.heads[vehicle.id]
        since = dict(head.since)
        at: dict[Load, int] = {}
        lags: list[Lag] = []
        for n, call in enumerate(calls):
            if call.kind is Kind.COLLECT:
                at |= dict.fromkeys([(stop_id, call.place_id) for stop_id in call.stop_ids], n)
            if call.kind is not Kind.DELIVER or n < len(head.locked):
                continue
            stop = self.stops[call.place_id]
            for part in stop.parts:
                load = stop.id, part.depot_id
                if part.cold_limit_seconds is None:
                    continue
                seconds = part.cold_limit_seconds - stop.service_seconds
                if load in at:
                    lags.append(Lag(at[load], n, seconds))
                elif load in since:
                    lags.append(Lag(-1, n, since[load] + seconds))
        return lags

    def overloaded(self, vehicle: Vehicle, calls: Sequence[Call]) -> Reason | None:
        """The capacity that planned calls exceed after the locked ones, if any."""
        room = vehicle.capacities
        locked = len(self.heads[vehicle.id].locked)
        loads = [*loads_of(self, self.heads[vehicle.id].load, calls)][locked:]
        for n, reason in enumerate(TOO_MUCH):
            if loads and max([load[n] for load in loads]) > room[n]:
                return reason
        return None


TOO_MUCH = (Reason.TOO_HEAVY, Reason.TOO_MANY_BOXES, Reason.TOO_BULKY, Reason.NO_COLD_BOX)
"""The reasons of the capacities, in the order of `Size`."""


def is_way(travel: Travel, a: int, b: int) -> bool:
    """Whether there is a way from place to place."""
    return travel.metres[a][b] != UNREACHABLE and travel.seconds[a][b] != UNREACHABLE


def loads_of(index: Index, load: Size, calls: Sequence[Call]) -> Iterator[Size]:
    """What is aboard after each call, `load` being aboard before the first."""
    for call in calls:
        change = sum_of(index, [call])
        load = (
            load[0] + change[0],
            load[1] + change[1],
            load[2] + change[2],
            load[3] + change[3],
        )
        yield load


def sum_of(index: Index, calls: Sequence[Call]) -> Size:
    """How calls change what is aboard, all together."""
    grams = boxes = millilitres = cold = 0
    for call in calls:
        for size in _changes(index, call):
            grams += size[0]
            boxes += size[1]
            millilitres += size[2]
            cold += size[3]
    return grams, boxes, millilitres, cold


def tuple_of(load: Sequence[int]) -> Size:
    """Four numbers as a size."""
    return load[0], load[1], load[2], load[3]


def _changes(index: Index, call: Call) -> list[Size]:
    """What a call adds to the load, or takes from it."""
    if call.kind is Kind.DELIVER:
        return [index.at_doors[call.place_id]]
    if call.kind is Kind.COLLECT:
        return [index.parts[each, call.place_id].size for each in call.stop_ids]
    if call.kind is Kind.RETURN:
        return [minus(index.returns[each, call.place_id].size) for each in call.stop_ids]
    return []


def minus(size: Size) -> Size:
    """The size, as it is taken away."""
    return -size[0], -size[1], -size[2], -size[3]


def _at_door(stop: Stop) -> Size:
    """How a stop changes what is aboard: its parts go, its returns come."""
    part, back = [p.size for p in stop.parts], [r.size for r in stop.returns]
    return tuple_of([sum(b[n] for b in back) - sum(p[n] for p in part) for n in range(4)])


def _loads(calls: Sequence[Call], kind: Kind) -> set[Load]:
    return {(each, call.place_id) for call in calls if call.kind is kind for each in call.stop_ids}


def _whenever(place: Place) -> Place:
    return Place(place.location, place.service_seconds, place.open_seconds, FOREVER, 0)
