"""Why a stop is not served: first what holds for it alone, then what the routes leave."""

from collections.abc import Sequence
from itertools import permutations
from typing import TypeVar

from linli.routing.index import TOO_MUCH, Index, tuple_of
from linli.routing.model import Part, Problem, Return, Size, Stop, Vehicle
from linli.routing.plan import Call, Kind, Reason
from linli.routing.schedule import Times, times

T = TypeVar("T")

_NEARNESS = [
    Reason.NO_SKILL,
    *TOO_MUCH,
    Reason.UNREACHABLE,
    Reason.WINDOW_MISSED,
    Reason.TOO_WARM,
    Reason.SHIFT_TOO_SHORT,
    Reason.NO_ROOM,
]


def reason_alone(problem: Problem, stop: Stop) -> Reason:
    """
    Why the stop cannot be served though it were the only one; NO_ROOM if it could.

    When couriers fail for different reasons, the one that came nearest to serving it counts.
    """
    return alone(Index(problem), stop)


def alone(index: Index, stop: Stop) -> Reason:
    """As `reason_alone`, with the lookups made before."""
    holder = index.holders.get(stop.id)
    if holder is not None:
        served = _with(index, index.vehicles[holder], stop) is Reason.NO_ROOM
        return Reason.NO_ROOM if served else Reason.COURIER_STOPPED
    if not index.problem.vehicles:
        return Reason.NO_COURIER
    nearest = Reason.NO_SKILL
    for vehicle in index.problem.vehicles:
        nearest = max(nearest, _with(index, vehicle, stop), key=_NEARNESS.index)
        if nearest is Reason.NO_ROOM:
            break
    return nearest


def suits(index: Index, vehicle: Vehicle, stop: Stop) -> Reason | None:
    """Why the courier can never carry this stop, or None; places and times aside."""
    if not set(stop.skills) <= set(vehicle.skills):
        return Reason.NO_SKILL
    if index.holders.get(stop.id, vehicle.id) != vehicle.id:
        return Reason.NO_ROOM
    room = vehicle.capacities
    for load in (size_of(stop.parts), size_of(stop.returns)):
        for own, capacity, reason in zip(load, room, TOO_MUCH, strict=True):
            if own > capacity:
                return reason
    return None


def size_of(loads: Sequence[Part | Return]) -> Size:
    """The sizes of parts or returns together."""
    return tuple_of([sum(each.size[n] for each in loads) for n in range(4)])


def _with(index: Index, vehicle: Vehicle, stop: Stop) -> Reason:
    unsuited = suits(index, vehicle, stop)
    if unsuited is not None:
        return unsuited
    found: list[Reason] = []
    for calls in ways_alone(index, vehicle, stop):
        if index.overloaded(vehicle, calls):
            return Reason.NO_ROOM  # Other goods aboard are in the way, not the stop's own.
        places = index.places(vehicle, calls)
        timed = times(index.travel(vehicle), vehicle, places, index.bounds(vehicle, calls))
        if isinstance(timed, Times):
            return Reason.NO_ROOM
        found.append(timed)
    return max(found, key=_NEARNESS.index)


def ways_alone(index: Index, vehicle: Vehicle, stop: Stop) -> list[list[Call]]:
    """Orders of calls in which a courier could serve just this stop after what is locked."""
    head = index.heads[vehicle.id]
    stores = [p.depot_id for p in stop.parts if (stop.id, p.depot_id) not in head.collected]
    door = Call(Kind.DELIVER, stop.id, (stop.id,))
    return [
        [
            *head.calls,
            *(Call(Kind.COLLECT, each, (stop.id,)) for each in collects),
            door,
            *(Call(Kind.RETURN, each, (stop.id,)) for each in hand_ins),
        ]
        for collects in orders_of(stores)
        for hand_ins in orders_of([each.depot_id for each in stop.returns])
    ]


def orders_of(stores: Sequence[T]) -> list[list[T]]:
    """Orders of visiting some stores: all up to four of them, else as they are and reversed."""
    if len(stores) > 4:
        return [list(stores), list(reversed(stores))]
    return [list(order) for order in permutations(stores)]
