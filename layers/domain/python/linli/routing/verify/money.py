"""What the plan costs: each part anew, and metres in all."""

from collections.abc import Iterator

from linli.routing.verify.case import Case, Code, Ride, Violation
from linli.routing.visits import Kind


def metres_are_the_routes(case: Case) -> Iterator[Violation]:
    """The plan is as long as its routes."""
    if case.plan.metres != sum(route.metres for route in case.plan.routes):
        yield Violation(Code.METRES_WRONG, "plan")


def costs_add_up(case: Case) -> Iterator[Violation]:
    """Distance, fixed costs, penalties, lateness and balance are as claimed."""
    cost, rides = case.plan.cost, case.rides
    left_out = {each.stop_id for each in case.plan.unserved}
    longest = max([work_seconds(ride) for ride in rides], default=0)
    parts = (
        (cost.distance_fen, sum(distance_fen(ride) for ride in rides)),
        (cost.fixed_fen, sum(ride.vehicle.fixed_fen for ride in rides)),
        (cost.unserved_fen, sum(s.penalty_fen for s in case.stops.values() if s.id in left_out)),
        (cost.late_fen, sum(late_fen(ride) for ride in rides)),
        (cost.balance_fen, round_half_up(longest * case.problem.balance_fen_per_hour, 3600)),
    )
    if any(claimed != true for claimed, true in parts):
        yield Violation(Code.COST_WRONG, "plan")


def distance_fen(ride: Ride) -> int:
    """What the courier's kilometres cost."""
    return round_half_up(ride.route.metres * ride.vehicle.fen_per_km, 1000)


def late_fen(ride: Ride) -> int:
    """What the lateness of the planned visits costs, each in whole fen."""
    total = 0
    for visit in ride.planned:
        if visit.kind is Kind.DELIVER:
            stop = ride.case.stops[visit.place_id]
            due = stop.window.close_seconds if stop.due_seconds is None else stop.due_seconds
            late = max(0, visit.start_seconds - due)
            total += round_half_up(late * stop.late_fen_per_minute, 60)
    return total


def work_seconds(ride: Ride) -> int:
    """Riding and service, without waits and rests."""
    riding = sum(ride.travel.seconds[a][b] for a, b, _ in ride.legs())
    serving = sum(
        v.leave_seconds - v.start_seconds for v in ride.planned if v.kind is not Kind.REST
    )
    return riding + serving


def round_half_up(number: int, divisor: int) -> int:
    """Integer quotient, halves upward."""
    return (number + divisor // 2) // divisor
