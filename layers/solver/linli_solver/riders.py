"""Couriers as a search sees them: after what is locked, which no search touches."""

from dataclasses import dataclass, replace

from linli.routing.index import Index, loads_of
from linli.routing.model import Size, Vehicle
from linli.routing.plan import Route
from linli.routing.routes import timed_route


@dataclass(frozen=True, slots=True)
class Rider:
    """
    A courier from `place` on, free from `ready_seconds`, with `load` aboard.

    `duration_seconds` is left of the longest route, `worked_seconds` is work since the last rest.
    `begun` couriers ride in any case, so their fixed cost is spent.
    """

    vehicle: Vehicle
    place: int
    ready_seconds: int
    duration_seconds: int
    load: Size
    worked_seconds: int
    begun: bool

    @property
    def must_rest(self) -> bool:
        """Whether shift and duration leave time enough to work longer than without a rest."""
        rest = self.vehicle.rest
        left = min(self.duration_seconds, self.vehicle.shift.close_seconds - self.ready_seconds)
        return rest is not None and self.worked_seconds + left > rest.after_seconds


def rider_of(index: Index, vehicle: Vehicle) -> Rider:
    """The courier after the head of their route."""
    head = index.heads[vehicle.id]
    fresh = Rider(
        vehicle=vehicle,
        place=vehicle.position,
        ready_seconds=vehicle.ready_seconds,
        duration_seconds=vehicle.max_duration_seconds,
        load=head.load,
        worked_seconds=vehicle.worked_seconds,
        begun=vehicle.underway is not None,
    )
    if not head.calls:
        return fresh
    route = timed_route(index, replace(vehicle, end=None), head.calls)
    assert isinstance(route, Route), "what is locked can be driven: the problem is checked"
    *_, load = loads_of(index, head.load, head.calls)
    return replace(
        fresh,
        place=index.place(head.calls[-1]).location,
        ready_seconds=route.finish_seconds,
        duration_seconds=max(0, vehicle.max_duration_seconds - route.seconds),
        load=load,
        worked_seconds=vehicle.worked_seconds + route.seconds,
    )
