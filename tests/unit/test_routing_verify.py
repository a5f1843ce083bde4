"""The check of a plan judges the order of visits anew."""

from dataclasses import replace
from typing import Any

import pytest

from linli.routing.insertion import insertion
from linli.routing.model import (
    Depot,
    Part,
    Problem,
    Rest,
    Return,
    Stop,
    Travel,
    Underway,
    Vehicle,
    Window,
)
from linli.routing.plan import Call, Kind, Plan, Reason, Route, Unserved
from linli.routing.timetable import plan_for, route_for
from linli.routing.verify import Code, verify
from tests.support.routing import FAR_STORE, collect, deliver, done, door, wave
from tests.support.routing import RIDER as RICH_RIDER
from tests.support.routing import STORE as NEAR_STORE

LINE = tuple(tuple(100 * abs(a - b) for b in range(4)) for a in range(4))
WIDE, SOON = Window(0, 36_000), Window(0, 160)
STORE = Depot("store", 0, 60)
NEAR = Stop("near", 1, (Part("store", 1_000, 1),), SOON, 30)
FAR = Stop("far", 3, (Part("store", 1_000, 1),), WIDE, 30)
RIDER = Vehicle("rider", "e_bike", 0, 5_000, 5, WIDE, 36_000)
WAVE = Problem((STORE,), (NEAR, FAR), (RIDER,), (Travel("e_bike", LINE, LINE),))
UNHURRIED = replace(WAVE, stops=(replace(NEAR, window=WIDE), FAR))


def codes(plan: Plan) -> set[Code]:
    return {each.code for each in verify(WAVE, plan)}


def far_first() -> Plan:
    calls = [
        Call(Kind.COLLECT, "store", ("near", "far")),
        Call(Kind.DELIVER, "far", ("far",)),
        Call(Kind.DELIVER, "near", ("near",)),
    ]
    route = route_for(UNHURRIED, RIDER, calls)
    assert isinstance(route, Route)
    return plan_for(UNHURRIED, "mutant", [route])


def test_the_order_that_keeps_the_window_holds() -> None:
    assert codes(insertion(WAVE)) == set()


def test_swapping_two_stops_so_that_a_window_closes_is_caught() -> None:
    assert codes(far_first()) == {Code.WINDOW_MISSED}


def test_swapping_two_stops_without_new_times_is_caught() -> None:
    plan = insertion(WAVE)
    route = plan.routes[0]
    collect, first, second = route.visits
    swapped = replace(route, visits=(collect, second, first))
    assert Code.TIMES_WRONG in codes(replace(plan, routes=(swapped,)))


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        (Reason.NO_COURIER, True),
        (Reason.TOO_HEAVY, True),
        (Reason.UNREACHABLE, True),
        (Reason.WINDOW_MISSED, True),
        (Reason.SHIFT_TOO_SHORT, True),
        (Reason.NOT_WORTH, True),
        (Reason.NO_ROOM, True),
    ],
)
def test_a_reason_that_numbers_refute_is_caught(reason: Reason, wrong: bool) -> None:
    plan = plan_for(WAVE, "lazy", [])
    lazy = replace(plan, unserved=tuple(Unserved(stop.id, reason) for stop in WAVE.stops))
    assert (Code.REASON_WRONG in codes(lazy)) == wrong


def test_leaving_before_the_shift_opens_is_caught() -> None:
    late = replace(WAVE, vehicles=(replace(RIDER, shift=Window(50, 36_000)),))
    plan = insertion(WAVE)
    assert plan.routes[0].depart_seconds == 0
    assert Code.OUTSIDE_SHIFT in {each.code for each in verify(late, plan)}


def test_riding_longer_than_allowed_is_caught() -> None:
    plan = insertion(WAVE)
    brief = replace(RIDER, max_duration_seconds=plan.routes[0].seconds - 1)
    found = {each.code for each in verify(replace(WAVE, vehicles=(brief,)), plan)}
    assert found == {Code.TOO_LONG}


def rider(**more: Any) -> Vehicle:
    return replace(RICH_RIDER, **more)


OTHER_RULES: dict[str, tuple[Problem, Problem, Code]] = {
    "a skill is asked for": (
        wave(door("x", 1)),
        wave(door("x", 1, skills=("stairs",))),
        Code.SKILL_MISSING,
    ),
    "the goods are bulkier than the vehicle": (
        wave(door("x", 1)),
        wave(door("x", 1, parts=(Part("store", 1, volume_millilitres=10**9),)),
             couriers=(rider(capacity_millilitres=10**9 - 1),)),
        Code.OVERLOADED_VOLUME,
    ),
    "there is no cold box": (
        wave(door("x", 1)),
        wave(door("x", 1, parts=(Part("store", 1_000, 1, cold_boxes=1),))),
        Code.OVERLOADED_COLD,
    ),
    "the goods get warm": (
        wave(door("x", 5)),
        wave(door("x", 5, parts=(Part("store", 1_000, 1, cold_limit_seconds=589),))),
        Code.TOO_WARM,
    ),
    "the door gives something back": (
        wave(door("x", 1)),
        wave(door("x", 1, returns=(Return("store", 1),))),
        Code.NOT_RETURNED,
    ),
    "a rest is due": (
        wave(door("x", 5)),
        wave(door("x", 5), couriers=(rider(rest=Rest(500, 60)),)),
        Code.NO_REST,
    ),
    "the courier has worked before": (
        wave(door("x", 5), couriers=(rider(rest=Rest(600, 60)),)),
        wave(door("x", 5), couriers=(rider(rest=Rest(600, 60), worked_seconds=200),)),
        Code.NO_REST,
    ),
    "the store opens later": (
        wave(door("x", 1)),
        replace(wave(door("x", 1)), depots=(replace(NEAR_STORE, window=Window(1, 9)), FAR_STORE)),
        Code.WINDOW_MISSED,
    ),
    "lateness is to be paid": (
        wave(door("x", 1, due_seconds=0)),
        wave(door("x", 1, due_seconds=0, late_fen_per_minute=1)),
        Code.COST_WRONG,
    ),
    "work is to be shared": (
        wave(door("x", 1)),
        wave(door("x", 1), balance_fen_per_hour=1_000),
        Code.COST_WRONG,
    ),
    "another stop is locked": (
        wave(door("x", 1), door("y", 2)),
        wave(door("x", 1), door("y", 2), couriers=(
            rider(underway=Underway((), 0, 0, (collect("store", "y"), deliver("y")))),)),
        Code.LOCKED_MOVED,
    ),
    "something has happened": (
        wave(door("x", 1)),
        wave(door("x", 1), couriers=(
            rider(underway=Underway((done(collect("store", "x"), 0, 61),), 0, 61)),)),
        Code.LOCKED_MOVED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHER_RULES)
def test_a_plan_for_a_wave_without_a_rule_breaks_it(case: str) -> None:
    laxer, problem, code = OTHER_RULES[case]
    plan = insertion(laxer)
    assert verify(laxer, plan) == []
    assert code in {each.code for each in verify(problem, plan)}


def test_a_rest_is_as_long_as_the_rule_says() -> None:
    problem = wave(door("x", 2), door("y", 5), couriers=(rider(rest=Rest(400, 120)),))
    plan = insertion(problem)
    longer = wave(door("x", 2), door("y", 5), couriers=(rider(rest=Rest(400, 121)),))
    assert {each.code for each in verify(longer, plan)} == {Code.TIMES_WRONG}


def test_goods_of_a_stop_that_is_left_out_are_not_taken_along() -> None:
    """Only what a courier under way already has may stay aboard."""
    problem = wave(door("x", 1), door("y", 2))
    calls = [collect("store", "x", "y"), deliver("x")]
    route = route_for(problem, RICH_RIDER, calls)
    assert isinstance(route, Route)
    plan = plan_for(problem, "mutant", [route])
    assert Code.NOT_SERVED in {each.code for each in verify(problem, plan)}


def test_an_idle_courier_refutes_that_there_was_no_room() -> None:
    problem = wave(door("x", 1), couriers=(RICH_RIDER, rider(id="idle")))
    busy = insertion(wave(couriers=(RICH_RIDER,)))
    plan = replace(
        busy,
        unserved=(Unserved("x", Reason.NO_ROOM),),
        cost=replace(busy.cost, unserved_fen=100_000),
    )
    assert [each.code for each in verify(problem, plan)] == [Code.REASON_WRONG]
