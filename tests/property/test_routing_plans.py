"""Whatever the problem, each engine's plan holds; whatever is altered in it, the check sees it."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from linli.routing.baseline import first_come_nearest_next, insertion
from linli.routing.codec import plan_from_json, plan_to_json, problem_from_json, problem_to_json
from linli.routing.model import Problem, Window
from linli.routing.plan import Kind, Plan, Reason, Route, Visit, rank
from linli.routing.solve import solve
from linli.routing.verify import Code, verify
from linli_solver.link import Link, Order
from linli_solver.rebuild import Rebuild
from linli_solver.rebuilding import search as rebuild
from linli_solver.route import search
from tests.support.routing import easy_problems, problems

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
SEARCHED = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
ALTERED = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def searched(problem: Problem, start: Plan | None = None) -> Plan:
    """The search after a number of steps, so that a busy machine makes no difference."""
    order = Order(time.monotonic() + 0.5, steps=40, start=start)
    plan = search(problem, order, Link())
    assert plan is not None
    return plan


@pytest.mark.parametrize("engine", [first_come_nearest_next, insertion])
@QUICK
@given(problem=problems())
def test_a_heuristic_plan_always_comes_and_keeps_every_rule(
    engine: Callable[[Problem], Plan], problem: Problem
) -> None:
    plan = engine(problem)
    assert verify(problem, plan) == []
    assert plan == engine(problem), "the same problem gives the same plan"


@SEARCHED
@given(problem=problems())
def test_the_search_s_plan_keeps_every_rule_and_is_no_worse_than_its_start(
    problem: Problem,
) -> None:
    plan = searched(problem)
    assert verify(problem, plan) == []
    assert rank(problem, plan) <= rank(problem, insertion(problem))


def rebuilt(problem: Problem, start: Plan | None = None) -> Plan:
    """Ruin and recreate after a number of steps."""
    plan = rebuild(problem, Order(time.monotonic() + 60, steps=30, start=start), Link())
    assert plan is not None
    return plan


@SEARCHED
@given(problem=problems())
def test_a_rebuilt_plan_keeps_every_rule_and_can_be_repeated(problem: Problem) -> None:
    start = insertion(problem)
    plan = rebuilt(problem, start)
    assert verify(problem, plan) == []
    assert rebuilt(problem, start) == plan
    balanced = problem.balance_fen_per_hour
    assert balanced or rank(problem, plan) <= rank(problem, start)


@settings(SEARCHED, max_examples=12)
@given(problem=problems())
def test_locked_stops_never_move(problem: Problem) -> None:
    """Neither engine that knows routes under way changes what has happened or is locked."""
    for plan in (searched(problem), rebuilt(problem)):
        routes = {route.vehicle_id: route for route in plan.routes}
        for vehicle in problem.vehicles:
            if vehicle.underway is None or vehicle.id not in routes:
                assert vehicle.underway is None or not vehicle.underway.visits
                continue
            past, locked = vehicle.underway.visits, vehicle.underway.locked
            visits = routes[vehicle.id].visits
            assert visits[: len(past)] == past
            calls = [v.call for v in visits[len(past) :] if v.kind is not Kind.REST]
            assert tuple(calls[: len(locked)]) == locked


@SEARCHED
@given(problem=problems(underway=False))
def test_a_divided_search_joins_into_a_plan_that_holds(problem: Problem) -> None:
    assume(problem.stops and problem.vehicles)
    start = insertion(problem)
    halves = []
    for n in range(2):
        half = Rebuild(problem, start, seed=n)
        half.divide(2, n)
        for _ in range(20):
            half.step()
        halves.append(half)
    halves[0].adopt(halves[1].plan())
    assert verify(problem, halves[0].plan()) == []


@SEARCHED
@given(problem=problems())
def test_the_solved_wave_always_has_a_plan_that_holds(problem: Problem) -> None:
    plan = solve(problem, lambda it, _: searched(it), 0.1)
    assert verify(problem, plan) == []
    assert rank(problem, plan) <= rank(problem, insertion(problem))


@QUICK
@given(problem=problems())
def test_problems_and_plans_survive_json(problem: Problem) -> None:
    plan = insertion(problem)
    assert problem_from_json(json.loads(json.dumps(problem_to_json(problem)))) == problem
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


@QUICK
@given(problem=problems(underway=False))
def test_a_stop_left_out_alone_could_not_be_served_unless_the_others_were_in_the_way(
    problem: Problem,
) -> None:
    for each in insertion(problem).unserved:
        alone = replace(problem, stops=tuple(s for s in problem.stops if s.id == each.stop_id))
        plan = insertion(alone)
        if each.reason in (Reason.NO_ROOM, Reason.NOT_WORTH):
            assert plan.routes or plan.unserved[0].reason is Reason.NOT_WORTH
        else:
            assert [left.reason for left in plan.unserved] == [each.reason]


@SEARCHED
@given(problem=problems(underway=False))
def test_a_further_courier_makes_the_best_plan_no_worse(problem: Problem) -> None:
    """The plan without them still holds and costs the same, so starting from it is no worse."""
    assume(problem.vehicles)
    more = replace(
        problem, vehicles=(*problem.vehicles, replace(problem.vehicles[0], id="further"))
    )
    # Only OR-Tools' search sees the balance of work.
    for engine in (searched, rebuilt) if not problem.balance_fen_per_hour else (searched,):
        before = engine(problem)
        after = engine(more, before)
        assert verify(more, after) == []
        assert rank(more, after) <= rank(problem, before)


def _changed(plan: Plan, route: Route) -> Plan:
    return replace(plan, routes=(route, *plan.routes[1:]))


def _last_door(route: Route) -> Visit:
    return next(v for v in reversed(route.visits) if v.kind is Kind.DELIVER)


def _drop_a_stop(plan: Plan) -> Plan:
    route = plan.routes[0]
    gone = route.stop_ids[0]
    kept = tuple(v for v in route.visits if v.kind is not Kind.DELIVER or v.place_id != gone)
    return _changed(plan, replace(route, visits=kept))


def _serve_twice(plan: Plan) -> Plan:
    route = plan.routes[0]
    return _changed(plan, replace(route, visits=(*route.visits, _last_door(route))))


def _skip_collecting(plan: Plan) -> Plan:
    route = plan.routes[0]
    first = replace(route.visits[0], stop_ids=())
    return _changed(plan, replace(route, visits=(first, *route.visits[1:])))


def _deliver_before_collecting(plan: Plan) -> Plan:
    route = plan.routes[0]
    return _changed(plan, replace(route, visits=tuple(reversed(route.visits))))


def _claim_fewer_metres(plan: Plan) -> Plan:
    route = replace(plan.routes[0], metres=plan.routes[0].metres - 1)
    return replace(_changed(plan, route), metres=plan.metres - 1)


def _claim_fewer_metres_in_all(plan: Plan) -> Plan:
    return replace(plan, metres=plan.metres - 1)


def _arrive_sooner(plan: Plan) -> Plan:
    route = plan.routes[0]
    last = route.visits[-1]
    sooner = replace(last, arrive_seconds=last.arrive_seconds - 1)
    return _changed(plan, replace(route, visits=(*route.visits[:-1], sooner)))


def _finish_sooner(plan: Plan) -> Plan:
    route = plan.routes[0]
    return _changed(plan, replace(route, finish_seconds=route.finish_seconds - 1))


def _hurry_at_the_door(plan: Plan) -> Plan:
    route = plan.routes[0]
    last = route.visits[-1]
    hurried = replace(last, leave_seconds=last.leave_seconds - 1)
    return _changed(plan, replace(route, visits=(*route.visits[:-1], hurried)))


def _cheaper(plan: Plan) -> Plan:
    return replace(plan, cost=replace(plan.cost, distance_fen=plan.cost.distance_fen - 1))


def _one_courier_two_routes(plan: Plan) -> Plan:
    return replace(plan, routes=(*plan.routes, replace(plan.routes[0], visits=())))


def _a_stranger(plan: Plan) -> Plan:
    return _changed(plan, replace(plan.routes[0], vehicle_id="nobody"))


MUTANTS = [
    (_drop_a_stop, Code.NOT_SERVED),
    (_serve_twice, Code.SERVED_TWICE),
    (_skip_collecting, Code.NOT_COLLECTED),
    (_deliver_before_collecting, Code.NOT_COLLECTED),
    (_claim_fewer_metres, Code.METRES_WRONG),
    (_claim_fewer_metres_in_all, Code.METRES_WRONG),
    (_arrive_sooner, Code.TIMES_WRONG),
    (_finish_sooner, Code.TIMES_WRONG),
    (_hurry_at_the_door, Code.TIMES_WRONG),
    (_cheaper, Code.COST_WRONG),
    (_one_courier_two_routes, Code.COURIER_TWICE),
    (_a_stranger, Code.UNKNOWN_ID),
]


@pytest.mark.parametrize(("mutate", "code"), MUTANTS, ids=[m.__name__ for m, _ in MUTANTS])
@ALTERED
@given(problem=easy_problems())
def test_an_altered_plan_is_caught(
    mutate: Callable[[Plan], Plan], code: Code, problem: Problem
) -> None:
    plan = insertion(problem)
    assume(plan.routes)
    assert code in {each.code for each in verify(problem, mutate(plan))}


@ALTERED
@given(problem=easy_problems(), cut=st.sampled_from(["capacity_grams", "capacity_boxes"]))
def test_an_overload_is_caught(problem: Problem, cut: str) -> None:
    plan = insertion(problem)
    assume(plan.routes)
    vehicle_id = plan.routes[0].vehicle_id
    served = [s for s in problem.stops if s.id in plan.routes[0].stop_ids]
    heaviest = max(s.load_grams if cut == "capacity_grams" else s.boxes for s in served)
    assume(heaviest)
    less: dict[str, Any] = {cut: heaviest - 1}
    lighter = tuple(replace(v, **less) if v.id == vehicle_id else v for v in problem.vehicles)
    codes = {each.code for each in verify(replace(problem, vehicles=lighter), plan)}
    assert codes & {Code.OVERLOADED_GRAMS, Code.OVERLOADED_BOXES}


@ALTERED
@given(problem=easy_problems())
def test_a_window_that_closed_before_service_is_caught(problem: Problem) -> None:
    plan = insertion(problem)
    assume(plan.routes)
    last = _last_door(plan.routes[0])
    assume(last.start_seconds > 0)
    closed = Window(0, last.start_seconds - 1)
    stops = tuple(replace(s, window=closed) if s.id == last.place_id else s for s in problem.stops)
    codes = [each.code for each in verify(replace(problem, stops=stops), plan)]
    assert Code.WINDOW_MISSED in codes
