"""The check of a plan judges the order of visits anew."""

from dataclasses import replace

import pytest

from linli.routing.insertion import insertion
from linli.routing.model import Depot, Part, Problem, Stop, Travel, Vehicle, Window
from linli.routing.plan import Call, Kind, Plan, Reason, Route, Unserved
from linli.routing.timetable import plan_for, route_for
from linli.routing.verify import Code, verify

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
