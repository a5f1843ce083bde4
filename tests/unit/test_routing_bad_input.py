"""A plan still comes from a wave that cannot be served, and says why of each stop."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from linli.kernel.errors import Refused
from linli.routing.baseline import first_come_nearest_next, insertion
from linli.routing.codec import plan_from_json, problem_from_json, problem_to_json
from linli.routing.model import (
    UNREACHABLE,
    Depot,
    InvalidProblem,
    Part,
    Problem,
    Stop,
    Travel,
    Vehicle,
    Window,
)
from linli.routing.plan import Plan, Reason
from linli.routing.solve import PlanRejected, solve
from linli.routing.verify import Code, verify
from linli_solver.route import solve as ortools

DAY = Window(0, 36_000)
LINE = tuple(tuple(100 * abs(a - b) for b in range(4)) for a in range(4))
"""Four places in a row, a hundred metres and seconds apart."""
STORE = Depot("store", 0, 60)
NEAR = Stop("near", 1, (Part("store", 1_000, 1),), DAY, 30)
FAR = Stop("far", 3, (Part("store", 1_000, 1),), DAY, 30)
RIDER = Vehicle("rider", "e_bike", 0, 5_000, 5, DAY, 36_000)
WAVE = Problem((STORE,), (NEAR, FAR), (RIDER,), (Travel("e_bike", LINE, LINE),))


def searched(problem: Problem) -> Plan:
    return ortools(problem, seconds=0.5)  # Room for a busy machine to build the model.


ENGINES = [first_come_nearest_next, insertion, searched]


def cut_off(place: int) -> tuple[Travel, ...]:
    rows = tuple(
        tuple(UNREACHABLE if place in (a, b) and a != b else each for b, each in enumerate(row))
        for a, row in enumerate(LINE)
    )
    return (Travel("e_bike", rows, rows),)


LEFT_OUT = {
    "no couriers": (replace(WAVE, vehicles=()), Reason.NO_COURIER),
    "unreachable": (replace(WAVE, travels=cut_off(3)), Reason.UNREACHABLE),
    "window too soon": (
        replace(WAVE, stops=(NEAR, replace(FAR, window=Window(0, 359)))),
        Reason.WINDOW_MISSED,
    ),
    "shift too short": (
        replace(WAVE, vehicles=(replace(RIDER, shift=Window(0, 300)),)),
        Reason.SHIFT_TOO_SHORT,
    ),
    "rides too long": (
        replace(WAVE, vehicles=(replace(RIDER, max_duration_seconds=389),)),
        Reason.SHIFT_TOO_SHORT,
    ),
    "heavier than any vehicle": (
        replace(WAVE, stops=(NEAR, replace(FAR, parts=(Part("store", 5_001),)))),
        Reason.TOO_HEAVY,
    ),
    "more boxes than any vehicle": (
        replace(WAVE, stops=(NEAR, replace(FAR, parts=(Part("store", 1, 6),)))),
        Reason.TOO_MANY_BOXES,
    ),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", LEFT_OUT)
def test_a_stop_that_cannot_be_served_is_left_out_with_its_reason(
    case: str, engine: Callable[[Problem], Plan]
) -> None:
    problem, reason = LEFT_OUT[case]
    plan = engine(problem)
    assert verify(problem, plan) == []
    assert {each.stop_id: each.reason for each in plan.unserved}["far"] is reason
    if problem.vehicles:
        assert [stop for route in plan.routes for stop in route.stop_ids] == ["near"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_window_reached_in_its_last_second_is_served(
    engine: Callable[[Problem], Plan],
) -> None:
    """60 s of handling and 300 s on the way: the window's end is included."""
    problem = replace(WAVE, stops=(replace(FAR, window=Window(0, 360)),))
    assert engine(problem).unserved == ()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_courier_comes_back_for_what_does_not_fit_at_once(
    engine: Callable[[Problem], Plan],
) -> None:
    stops = tuple(replace(stop, parts=(Part("store", 4_000),)) for stop in (NEAR, FAR))
    problem = replace(WAVE, stops=stops)
    plan = engine(problem)
    assert verify(problem, plan) == []
    assert plan.unserved == ()
    assert [v.place_id for v in plan.routes[0].visits].count("store") == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_an_order_from_two_stores_is_collected_at_both_before_its_door(
    engine: Callable[[Problem], Plan],
) -> None:
    second = Depot("second", 2, 60)
    both = replace(NEAR, parts=(Part("store", 500), Part("second", 500)))
    problem = replace(WAVE, depots=(STORE, second), stops=(both,))
    plan = engine(problem)
    assert verify(problem, plan) == []
    assert [v.place_id for v in plan.routes[0].visits] == ["store", "second", "near"]
    assert plan.metres == 300


@pytest.mark.parametrize("engine", ENGINES)
def test_no_stops_need_no_routes(engine: Callable[[Problem], Plan]) -> None:
    plan = engine(replace(WAVE, stops=()))
    assert (plan.routes, plan.unserved, plan.metres) == ((), (), 0)


@pytest.mark.parametrize("engine", [insertion, searched])
def test_when_there_is_no_room_for_all_the_dearest_penalty_is_served(
    engine: Callable[[Problem], Plan],
) -> None:
    """Only one of the two can be reached in time; the emergency is the farther one."""
    hurried = Window(0, 360)
    emergency = replace(FAR, window=hurried, penalty_fen=1_000_000)
    normal = replace(NEAR, window=Window(0, 160), service_seconds=600)
    plan = engine(replace(WAVE, stops=(normal, emergency)))
    assert [each.stop_id for each in plan.unserved] == ["near"]
    assert plan.unserved[0].reason is Reason.NO_ROOM


def test_a_plan_that_does_not_hold_is_replaced_by_the_fallback_s() -> None:
    def liar(problem: Problem, _: float) -> Plan:
        return replace(insertion(problem), metres=1)

    plan = solve(WAVE, liar, 1)
    assert (plan.solver, plan.fallback_from) == ("insertion", f"plan_rejected:{Code.METRES_WRONG}")


def test_an_engine_that_breaks_is_replaced_by_the_fallback() -> None:
    def broken(*_: Any) -> Plan:
        raise SystemError("out of memory")

    plan = solve(WAVE, broken, 1)
    assert (plan.solver, plan.fallback_from) == ("insertion", "engine_failed:SystemError")


def test_without_an_engine_the_fallback_answers() -> None:
    plan = solve(WAVE, None, 1)
    assert (plan.solver, plan.fallback_from) == ("insertion", "engine_absent")


def test_a_dearer_plan_than_the_fallback_s_is_not_taken() -> None:
    plan = solve(WAVE, lambda problem, _: insertion(replace(problem, vehicles=())), 1)
    assert plan.solver == "insertion"
    assert plan.unserved == ()


def test_a_fallback_that_does_not_hold_is_our_defect_and_raises() -> None:
    with pytest.raises(PlanRejected) as rejected:
        solve(WAVE, None, 1, fallback=lambda problem: replace(insertion(problem), metres=1))
    assert [each.code for each in rejected.value.violations] == [Code.METRES_WRONG]


def _ride(problem: dict[str, Any], locked: list[Any], at: int = 0) -> None:
    names = "kind", "place_id", "stop_ids"
    calls = [dict(zip(names, call, strict=True)) for call in locked]
    underway = {"visits": [], "at": at, "now_seconds": 0, "locked": calls}
    problem["vehicles"][0].update(underway=underway)


def _drop(problem: dict[str, Any], of: str) -> dict[str, Any]:
    """The problem's first stop with a drop of its own behind it."""
    problem["stops"].append(problem["stops"][0] | {"id": "more", "order_id": of})
    more: dict[str, Any] = problem["stops"][0]
    return more


MALFORMED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "empty object": (lambda it: it.clear(), "travels"),
    "no stops field": (lambda it: it.pop("stops"), "stops"),
    "text for a number": (lambda it: it["stops"][0].update(location="1"), "stops[0].location"),
    "truth for a number": (
        lambda it: it["stops"][0].update(service_seconds=True),
        "stops[0].service_seconds",
    ),
    "no such place": (lambda it: it["stops"][1].update(location=4), "stops[1].location"),
    "negative load": (
        lambda it: it["stops"][0]["parts"][0].update(load_grams=-1),
        "stops[0].parts[0].load_grams",
    ),
    "no parts": (lambda it: it["stops"][0].update(parts=[]), "stops[0].parts"),
    "unknown store": (
        lambda it: it["stops"][0]["parts"][0].update(depot_id="x"),
        "stops[0].parts[0].depot_id",
    ),
    "closes before it opens": (
        lambda it: it["stops"][0].update(window={"open_seconds": 9, "close_seconds": 8}),
        "stops[0].window.close_seconds",
    ),
    "same id twice": (lambda it: it["stops"][1].update(id="near"), "stops[1]"),
    "unknown profile": (lambda it: it["vehicles"][0].update(profile="jet"), "vehicles[0].profile"),
    "ragged matrix": (
        lambda it: it["travels"][0].update(metres=[[0, 1], [0]]),
        "travels[0].metres[1]",
    ),
    "fraction in a matrix": (
        lambda it: it["travels"][0].update(metres=[[0.5]]),
        "travels[0].metres[0]",
    ),
    "huge number": (
        lambda it: it["vehicles"][0].update(capacity_grams=10**18),
        "vehicles[0].capacity_grams",
    ),
    "nothing to do": (lambda it: it["stops"][0].update(parts=[], returns=[]), "stops[0].parts"),
    "a return to nowhere": (
        lambda it: it["stops"][0].update(returns=[{"depot_id": "x", "load_grams": 1}]),
        "stops[0].returns[0].depot_id",
    ),
    "a skill twice": (lambda it: it["stops"][0].update(skills=["a", "a"]), "stops[0].skills[1]"),
    "a skill that is no text": (lambda it: it["stops"][0].update(skills=[1]), "stops[0].skills"),
    "due after the window": (
        lambda it: it["stops"][0].update(due_seconds=36_001),
        "stops[0].due_seconds",
    ),
    "a priority above all": (lambda it: it["stops"][0].update(priority=10), "stops[0].priority"),
    "negative cold": (
        lambda it: it["stops"][0]["parts"][0].update(cold_limit_seconds=-1),
        "stops[0].parts[0].cold_limit_seconds",
    ),
    "a rest for ever": (
        lambda it: it["vehicles"][0].update(rest={"rest_seconds": 10**7}),
        "vehicles[0].rest.rest_seconds",
    ),
    "balance below nothing": (
        lambda it: it.update(balance_fen_per_hour=-1),
        "balance_fen_per_hour",
    ),
    "delivered before collected": (
        lambda it: _ride(it, [["deliver", "near", ["near"]]]),
        "vehicles[0].underway.locked[0].stop_ids",
    ),
    "collected twice": (
        lambda it: _ride(it, [["collect", "store", ["near"]], ["collect", "store", ["near"]]]),
        "vehicles[0].underway.locked[1].stop_ids",
    ),
    "a kind that is none": (
        lambda it: _ride(it, [["juggle", "store", ["near"]]]),
        "vehicles[0].underway.locked[0].kind",
    ),
    "a locked rest": (
        lambda it: _ride(it, [["rest", "", []]]),
        "vehicles[0].underway.locked[0].kind",
    ),
    "riding from nowhere": (lambda it: _ride(it, [], at=4), "vehicles[0].underway.at"),
    "a drop of a drop": (
        lambda it: (_drop(it, "near"), it["stops"][0].update(order_id="far")),
        "stops[2].order_id",
    ),
    "taken back before the last drop": (
        lambda it: _drop(it, "near").update(returns=[{"depot_id": "store", "load_grams": 1}]),
        "stops[0].returns",
    ),
    "a pole too far": (
        lambda it: it.update(geometry={"points": [{"lon": 0, "lat": 91}], "paces": []}),
        "geometry.points[0].lon",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_problem_is_refused_by_field(case: str) -> None:
    spoil, path = MALFORMED[case]
    fields = _thawed(problem_to_json(WAVE))
    spoil(fields)
    with pytest.raises(Refused) as refused:
        problem_from_json(fields)
    assert (refused.value.code, refused.value.fields["field"]) == ("invalid_problem", path)


@pytest.mark.parametrize("value", [None, [], "x", 3])
def test_what_is_no_object_is_no_problem(value: object) -> None:
    with pytest.raises(InvalidProblem):
        problem_from_json(value)
    with pytest.raises(InvalidProblem):
        plan_from_json(value)


def _thawed(value: Any) -> Any:
    """The same with lists for tuples, as JSON has it."""
    if isinstance(value, dict):
        return {key: _thawed(each) for key, each in value.items()}
    return [_thawed(each) for each in value] if isinstance(value, list | tuple) else value
