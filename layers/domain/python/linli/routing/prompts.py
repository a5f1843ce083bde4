"""When a courier is told that the day's work is long enough."""

from linli.routing.model import Vehicle
from linli.routing.plan import Route
from linli.routing.visits import Kind

PROMPT_SECONDS = 8 * 3600
"""Hours of work a day after which couriers are prompted to stop: the rule is a prompt, no ban."""


def prompt_at(vehicle: Vehicle, route: Route) -> int | None:
    """
    The instant of the route at which the day's work reaches eight hours; None if it does not.

    All time between departure and finish but rests is work.
    """
    left = PROMPT_SECONDS - vehicle.worked_today_seconds
    clock = route.depart_seconds
    past = len(vehicle.underway.visits) if vehicle.underway else 0
    for visit in route.visits[past:]:
        if visit.kind is Kind.REST:
            if clock + left <= visit.start_seconds:
                break
            left -= visit.start_seconds - clock
            clock = visit.leave_seconds
    at = clock + max(0, left)
    return at if at <= route.finish_seconds else None
