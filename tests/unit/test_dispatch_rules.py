"""Who may be offered a route, what it costs to give it to them, what it pays: by tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.dispatch.matrix import costs_of
from linli.dispatch.pay import PayRule, route_fen, way_fen
from linli.dispatch.pay_rules import DatedPayRule, rule_on
from linli.dispatch.rest import Rest
from linli.dispatch.rows import week_of
from linli.dispatch.rules import (
    Candidate,
    Need,
    cost_fen,
    first_come,
    greedy,
    obstacle,
)
from linli.fleet import Courier
from linli.kernel.geography import Point
from linli.kernel.time import ZONE
from linli.waves.desk import largest_load

NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)
"""Nine in the morning in the community's zone."""
DEPART = NOW + timedelta(hours=1)
NEED = Need(
    route_id="wulin.courier.20260601T1000.1",
    start=Point(120.16, 30.27),
    depart_at=DEPART,
    finish_at=DEPART + timedelta(hours=2),
    grams=20_000,
    boxes=4,
    vehicle="ebike",
)


def courier(**changes: Any) -> Courier:
    usual = {
        "courier_id": "c-1",
        "community_id": "wulin",
        "trade": "rider",
        "vehicle": "ebike",
        "start": {"lon": 120.16, "lat": 30.27},
        "shift": {"opens": "08:00", "closes": "20:00"},
    }
    return Courier.model_validate(usual | changes)


def candidate(spans: Any = (), rest: Rest | None = None, **changes: Any) -> Candidate:
    mine = {name: changes.pop(name) for name in ("fatigue", "income_fen", "refused")
            if name in changes}  # fmt: skip
    return Candidate(courier(**changes), tuple(spans), rest or Rest(), **mine)


HOUR = timedelta(hours=1)
CASES: dict[str, tuple[Candidate, dict[str, Any], str | None]] = {
    "all is well": (candidate(), {}, None),
    "declined before": (candidate(refused={NEED.route_id}), {}, "refused"),
    "declined another": (candidate(refused={"other"}), {}, None),
    "rides another then": (candidate([(DEPART + HOUR, DEPART + 3 * HOUR)]), {}, "busy"),
    "rides another just before": (candidate([(NOW - HOUR, DEPART)]), {}, None),
    "not up yet": (candidate(shift={"opens": "11:00", "closes": "20:00"}), {}, "off_shift"),
    "home too early": (candidate(shift={"opens": "08:00", "closes": "11:30"}), {}, "off_shift"),
    "home just in time": (candidate(shift={"opens": "08:00", "closes": "12:00"}), {}, None),
    "lives far away": (candidate(start={"lon": 120.3, "lat": 30.27}), {}, "too_far"),
    "rides that far": (
        candidate(start={"lon": 120.3, "lat": 30.27}, reach_metres=20_000),
        {},
        None,
    ),
    "too weak": (candidate(capacity_grams=19_999), {}, "too_small"),
    "strong enough": (candidate(capacity_grams=20_000), {}, None),
    "too few boxes": (candidate(capacity_boxes=3), {}, "too_small"),
    "no boxes at all": (candidate(capacity_boxes=0), {"boxes": 1}, "too_small"),
    "on foot": (candidate(vehicle="walk", capacity_grams=50_000, capacity_boxes=9), {}, "vehicle"),
    "with a van": (candidate(vehicle="van"), {}, None),
    "without the skill": (candidate(), {"skills": frozenset({"heavy_goods"})}, "skill"),
    "with the skill": (
        candidate(skills=("heavy_goods", "night_quiet")),
        {"skills": frozenset({"heavy_goods"})},
        None,
    ),
    "without a cold box": (candidate(), {"cold": True}, None),
    "with a cold box": (candidate(cold_box=True), {"cold": True}, None),
    "tired": (candidate(fatigue="tired"), {}, None),
    "alarmed": (candidate(fatigue="alarm"), {}, "fatigue"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_courier_is_offered_what_they_can_ride_and_nothing_else(case: str) -> None:
    who, changes, why = CASES[case]
    assert obstacle(replace(NEED, **changes), who, NOW) == why


@pytest.mark.parametrize(
    ("ridden", "halted_before_departure", "why"),
    [
        (timedelta(hours=4), timedelta(minutes=19), "rest_due"),
        (timedelta(hours=4), timedelta(minutes=20), None),
        (timedelta(hours=2), timedelta(minutes=5), None),
        (timedelta(hours=2, minutes=1), timedelta(minutes=5), "rest_due"),
    ],
    ids=["no rest yet", "rested", "the rest of four hours", "over four hours"],
)
def test_nobody_is_offered_a_route_that_they_would_ride_without_their_rest(
    ridden: timedelta, halted_before_departure: timedelta, why: str | None
) -> None:
    rest = Rest(
        halted_at=DEPART - halted_before_departure,
        stretch_seconds=round(ridden.total_seconds()),
        day=DEPART.astimezone(ZONE).date(),
        day_seconds=round(ridden.total_seconds()),
    )
    assert obstacle(NEED, candidate(rest=rest), NOW) == why


def test_the_near_the_poor_and_the_fresh_are_asked_first() -> None:
    near, far = candidate(), candidate(start={"lon": 120.19, "lat": 30.27})
    assert cost_fen(NEED, near, 0, NOW) < cost_fen(NEED, far, 0, NOW)
    poor, rich = candidate(income_fen=10_000), candidate(income_fen=60_000)
    assert cost_fen(NEED, poor, 35_000, NOW) < cost_fen(NEED, rich, 35_000, NOW)
    cold = replace(NEED, cold=True)
    assert cost_fen(cold, candidate(cold_box=True), 0, NOW) < cost_fen(cold, candidate(), 0, NOW)
    fresh, tired = candidate(fatigue="fresh"), candidate(fatigue="tired")
    assert cost_fen(NEED, fresh, 0, NOW) < cost_fen(NEED, tired, 0, NOW)
    fitting, large = candidate(), candidate(vehicle="van")
    assert cost_fen(NEED, fitting, 0, NOW) < cost_fen(NEED, large, 0, NOW)
    day = NOW.astimezone(ZONE).date()
    long_day = Rest(halted_at=NOW - HOUR, day=day, day_seconds=8 * 3600)
    assert cost_fen(NEED, candidate(), 0, NOW) < cost_fen(NEED, candidate(rest=long_day), 0, NOW)


def test_ten_kilometres_of_empty_way_outweigh_a_hundred_yuan_of_income() -> None:
    near_and_rich = candidate(income_fen=20_000)
    far_and_poor = candidate(income_fen=10_000, start={"lon": 120.264, "lat": 30.27})
    costs = [cost_fen(NEED, each, 15_000, NOW) for each in (near_and_rich, far_and_poor)]
    assert costs[0] < costs[1]


def test_costs_say_never_for_who_cannot() -> None:
    matrix = costs_of([NEED], [candidate(), candidate(fatigue="alarm")], NOW)
    assert matrix == [[0, None]]


@pytest.mark.parametrize(
    ("costs", "cheapest_first", "as_they_come"),
    [
        ([], {}, {}),
        ([[None, None]], {}, {}),
        ([[5, 1], [2, 9]], {0: 1, 1: 0}, {0: 0, 1: 1}),
        ([[1, 2], [1, 9]], {0: 0, 1: 1}, {0: 0, 1: 1}),
        ([[1], [1]], {0: 0}, {0: 0}),
    ],
)
def test_the_two_baselines(
    costs: list[list[int | None]], cheapest_first: dict[int, int], as_they_come: dict[int, int]
) -> None:
    assert greedy(costs) == cheapest_first
    assert first_come(costs) == as_they_come


@pytest.mark.parametrize(
    ("stops", "metres", "fen"), [(4, 5_000, 300 + 1_400 + 400), (1, 999, 300 + 350 + 79), (0, 0, 0)]
)
def test_pay_is_by_route_stop_and_kilometre(stops: int, metres: int, fen: int) -> None:
    rule = PayRule(route_fen=300, stop_fen=350, km_fen=80)
    assert route_fen(rule, stops=stops, metres=metres) == fen


@given(st.integers(1, 60), st.integers(0, 60_000))
def test_the_ways_parts_add_up_to_the_way(of_stops: int, metres: int) -> None:
    rule = PayRule(km_fen=80)
    parts = [way_fen(rule, number=n, of_stops=of_stops, metres=metres) for n in range(of_stops)]
    assert sum(parts) == 80 * metres // 1000
    assert max(parts) - min(parts) <= 1


def test_the_largest_load_is_what_is_aboard_at_once() -> None:
    loads = {"a": {"s": (1_000, 1)}, "b": {"s": (2_000, 0), "t": (500, 2)}, "c": {"t": (9_000, 0)}}
    once: list[tuple[str, str, tuple[str, ...]]] = [
        ("collect", "s", ("a", "b")),
        ("collect", "t", ("b", "c")),
    ]
    once += [("deliver", each, (each,)) for each in "cab"]
    assert largest_load(once, loads) == (12_500, 3)
    twice: list[tuple[str, str, tuple[str, ...]]] = [
        ("collect", "s", ("a",)),
        ("deliver", "a", ("a",)),
    ]
    twice += [("collect", "t", ("c",)), ("deliver", "c", ("c",))]
    assert largest_load(twice, loads) == (9_000, 1)
    taken_over = [("take_over", "w.1", ("b",)), ("deliver", "b", ("b",))]
    assert largest_load(taken_over, loads) == (2_500, 2)


@pytest.mark.parametrize(
    ("at", "week"),
    [
        (datetime(2026, 1, 1, tzinfo=ZONE), "2026-W01"),
        (datetime(2027, 1, 1, tzinfo=ZONE), "2026-W53"),
        (datetime(2026, 6, 1, tzinfo=ZONE), "2026-W23"),
    ],
)
def test_incomes_are_of_a_calendar_week(at: datetime, week: str) -> None:
    assert week_of(at) == week


@given(st.sets(st.integers(0, 30), max_size=5), st.integers(-5, 40))
def test_the_pay_rule_of_a_day_is_the_last_that_has_begun(days: set[int], on: int) -> None:
    first = NOW.date()
    rules = [
        DatedPayRule(),
        *(DatedPayRule(from_on=first + timedelta(days=n), stop_fen=n) for n in sorted(days)),
    ]
    begun = [n for n in days if n <= on]
    found = rule_on(rules, first + timedelta(days=on))
    assert found == (DatedPayRule() if not begun else rules[1 + sorted(days).index(max(begun))])
