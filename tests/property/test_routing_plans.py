"""Whatever the problem, each engine's plan holds; whatever is altered in it, the check sees it."""

import json
from collections.abc import Callable
from dataclasses import replace
from math import ceil, hypot
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from linli.routing.baseline import first_come_nearest_next, insertion
from linli.routing.codec import plan_from_json, plan_to_json, problem_from_json, problem_to_json
from linli.routing.model import UNREACHABLE, Depot, Part, Problem, Stop, Travel, Vehicle, Window
from linli.routing.plan import Kind, Plan, Reason, Route
from linli.routing.solve import solve
from linli.routing.verify import Code, verify
from linli_solver.route import solve as ortools

SMALL = settings(max_examples=200, deadline=None)
SEARCHED = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def windows(draw: st.DrawFn, longest: int = 3_000) -> Window:
    start = draw(st.integers(0, longest))
    return Window(start, start + draw(st.integers(0, longest)))


@st.composite
def travels(draw: st.DrawFn, places: int, cut: bool) -> tuple[Travel, ...]:
    points = [(draw(st.integers(0, 900)), draw(st.integers(0, 900))) for _ in range(places)]
    metres = [[ceil(hypot(a[0] - b[0], a[1] - b[1])) for b in points] for a in points]
    if cut:
        for _ in range(draw(st.integers(0, 6))):
            a, b = draw(st.integers(0, places - 1)), draw(st.integers(0, places - 1))
            metres[a][b] = UNREACHABLE
    rows = tuple(map(tuple, metres))
    slow = tuple(tuple(2 * each if each > 0 else each for each in row) for row in metres)
    return Travel("e_bike", rows, rows), Travel("walk", rows, slow)


@st.composite
def problems(draw: st.DrawFn, cut: bool = True) -> Problem:
    places = draw(st.integers(1, 9))
    at = st.integers(0, places - 1)
    depots = tuple(
        Depot(f"d{n}", draw(at), draw(st.integers(0, 200))) for n in range(draw(st.integers(1, 3)))
    )
    stops = []
    for n in range(draw(st.integers(0, 8))):
        sources = draw(st.lists(st.sampled_from(depots), min_size=1, max_size=3, unique=True))
        parts = tuple(
            Part(each.id, draw(st.integers(0, 40)), draw(st.integers(0, 2))) for each in sources
        )
        service, penalty = draw(st.integers(0, 300)), draw(st.sampled_from([0, 50, 100_000]))
        stops.append(Stop(f"s{n}", draw(at), parts, draw(windows()), service, penalty))
    vehicles = tuple(
        Vehicle(
            id=f"v{n}",
            profile=draw(st.sampled_from(["e_bike", "walk"])),
            start=draw(at),
            capacity_grams=draw(st.integers(0, 120)),
            capacity_boxes=draw(st.integers(0, 6)),
            shift=draw(windows(6_000)),
            max_duration_seconds=draw(st.integers(0, 9_000)),
            end=draw(st.none() | at),
            fen_per_km=draw(st.integers(0, 300)),
            fixed_fen=draw(st.integers(0, 50)),
        )
        for n in range(draw(st.integers(0, 3)))
    )
    return Problem(depots, tuple(stops), vehicles, draw(travels(places, cut)))


@pytest.mark.parametrize("engine", [first_come_nearest_next, insertion])
@SMALL
@given(problem=problems())
def test_a_heuristic_plan_always_comes_and_holds(
    engine: Callable[[Problem], Plan], problem: Problem
) -> None:
    plan = engine(problem)
    assert verify(problem, plan) == []
    assert plan == engine(problem), "the same problem gives the same plan"


@SEARCHED
@given(problem=problems(cut=False))
def test_the_solver_s_plan_holds_where_detours_are_never_shorter(problem: Problem) -> None:
    assert verify(problem, ortools(problem, seconds=0.5)) == []


@SEARCHED
@given(problem=problems())
def test_the_solved_wave_always_has_a_plan_that_holds(problem: Problem) -> None:
    plan = solve(problem, lambda it, seconds: ortools(it, seconds=seconds), 0.1)
    assert verify(problem, plan) == []
    assert plan.cost.total_fen <= insertion(problem).cost.total_fen


@SMALL
@given(problem=problems())
def test_problems_and_plans_survive_json(problem: Problem) -> None:
    plan = insertion(problem)
    assert problem_from_json(json.loads(json.dumps(problem_to_json(problem)))) == problem
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


@SMALL
@given(problem=problems())
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


def _changed(plan: Plan, route: Route) -> Plan:
    return replace(plan, routes=(route, *plan.routes[1:]))


def _drop_a_stop(plan: Plan) -> Plan:
    route = plan.routes[0]
    gone = route.stop_ids[0]
    kept = tuple(v for v in route.visits if v.kind is Kind.COLLECT or v.place_id != gone)
    return _changed(plan, replace(route, visits=kept))


def _serve_twice(plan: Plan) -> Plan:
    route = plan.routes[0]
    return _changed(plan, replace(route, visits=(*route.visits, route.visits[-1])))


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
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(problem=problems())
def test_an_altered_plan_is_caught(
    mutate: Callable[[Plan], Plan], code: Code, problem: Problem
) -> None:
    plan = insertion(problem)
    assume(plan.routes)
    assert code in {each.code for each in verify(problem, mutate(plan))}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(problem=problems(), cut=st.sampled_from(["capacity_grams", "capacity_boxes"]))
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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(problem=problems())
def test_a_window_that_closed_before_service_is_caught(problem: Problem) -> None:
    plan = insertion(problem)
    assume(plan.routes)
    last = plan.routes[0].visits[-1]
    assume(last.start_seconds > 0)
    closed = Window(0, last.start_seconds - 1)
    stops = tuple(replace(s, window=closed) if s.id == last.place_id else s for s in problem.stops)
    codes = [each.code for each in verify(replace(problem, stops=stops), plan)]
    assert Code.WINDOW_MISSED in codes
