"""
The independent check of a plan: shares no code with the engines, only the problem's own data.

It walks every route anew through the matrices and compares with what the plan claims. Each rule
is one function that yields what breaks it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from linli.routing.model import Problem
from linli.routing.plan import Plan
from linli.routing.verify import carrying, excuses, money, riding, serving
from linli.routing.verify.case import Case, Code, Ride, Violation
from linli.routing.wholes import whole_problem, wholes_of

__all__ = ["Code", "Violation", "verify"]

PLAN_RULES: tuple[Callable[[Case], Iterator[Violation]], ...] = (
    serving.stops_are_served_once,
    serving.couriers_have_one_route,
    serving.drops_ride_together,
    serving.locked_visits_stay,
    money.metres_are_the_routes,
    money.costs_add_up,
)
ROUTE_RULES: tuple[Callable[[Ride], Iterator[Violation]], ...] = (
    serving.couriers_have_the_skills,
    carrying.loads_come_and_go,
    riding.legs_exist,
    riding.metres_add_up,
    riding.times_follow,
    riding.windows_hold,
    riding.cold_goods_stay_cold,
    riding.shift_holds,
    riding.couriers_rest,
)


def verify(problem: Problem, plan: Plan) -> list[Violation]:
    """Everything that is wrong with the plan; empty when it may be driven."""
    case = Case(problem, plan)
    unknown = list(serving.ids_are_known(case))
    if unknown:
        return unknown  # The rest could not be judged.
    violations = [violation for rule in PLAN_RULES for violation in rule(case)]
    violations += excuses.reasons_are_true(_as_wholes(case))
    for ride in case.rides:
        violations += [violation for rule in ROUTE_RULES for violation in rule(ride)]
    return violations


def _as_wholes(case: Case) -> Case:
    """The case with one stop for each order of several drops: they are left out together."""
    wholes = wholes_of(case.problem)
    if not wholes:
        return case
    drops = {drop.id for stops in wholes.values() for drop in stops[1:]}
    unserved = tuple(each for each in case.plan.unserved if each.stop_id not in drops)
    return Case(whole_problem(case.problem, wholes), replace(case.plan, unserved=unserved))
