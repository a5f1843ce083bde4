"""What a slot costs, and which slots a community's week has."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from linli.kernel.time import ZONE
from linli.slots import PriceRule, PriceStep, PutSlotRules, SlotRules, price
from linli.slots.pricing import MOST_FEN
from linli.slots.week import slots_ahead
from tests.support.http import golden

RULE = PriceRule(
    price_fen=2000,
    steps=(PriceStep(load_percent=50, add_fen=300), PriceStep(load_percent=80, add_fen=900)),
)


@pytest.mark.parametrize(
    ("taken", "capacity", "fen"),
    [
        (0, 10, 2000),
        (4, 10, 2000),
        (5, 10, 2300),
        (7, 10, 2300),
        (8, 10, 2900),
        (10, 10, 2900),
        (1, 3, 2000),  # A third is not a half.
        (2, 3, 2300),
    ],
)
def test_the_fuller_the_slot_the_dearer_its_next_place(taken: int, capacity: int, fen: int) -> None:
    assert price(RULE, taken, capacity) == fen


@st.composite
def rules(draw: st.DrawFn) -> PriceRule:
    base = draw(st.integers(0, 50_000))
    loads = sorted(draw(st.sets(st.integers(1, 100), max_size=10)))
    adds = sorted(draw(st.lists(st.integers(0, 50_000), min_size=len(loads), max_size=len(loads))))
    steps = [
        PriceStep(load_percent=load, add_fen=add) for load, add in zip(loads, adds, strict=True)
    ]
    return PriceRule(price_fen=base, steps=tuple(steps))


@given(rules(), st.integers(1, 200))
def test_price_never_falls_with_load_and_stays_within_its_rule(
    rule: PriceRule, capacity: int
) -> None:
    prices = [price(rule, taken, capacity) for taken in range(capacity + 1)]
    assert prices == sorted(prices)
    dearest = rule.price_fen + max((step.add_fen for step in rule.steps), default=0)
    assert prices[0] == rule.price_fen
    assert prices[-1] == dearest <= MOST_FEN


@pytest.mark.parametrize(
    "steps",
    [
        [(50, 300), (50, 400)],
        [(80, 300), (50, 400)],
        [(50, 300), (80, 200)],
        [(0, 1)],
        [(101, 1)],
        [(50, -1)],
        [(50, MOST_FEN)],
        [(n, n) for n in range(1, 13)],
    ],
)
def test_steps_that_go_down_or_out_of_bounds_are_refused(steps: list[tuple[int, int]]) -> None:
    given_steps = [{"load_percent": load, "add_fen": add} for load, add in steps]
    with pytest.raises(ValidationError):
        PriceRule.model_validate({"price_fen": 1, "steps": given_steps})


def week(**changed: Any) -> SlotRules:
    body = json.loads(golden("slot_rules_set")["body"])
    return SlotRules.model_validate(body | {"community_id": "wulin"} | changed)


NOON = datetime(2026, 6, 1, 12, tzinfo=ZONE)
"""A Monday."""


def test_packages_of_the_next_day_close_the_evening_before() -> None:
    opened = dict(slots_ahead(week(), NOON))
    ten = opened["wulin.courier.20260602T1000"]
    assert ten.starts_at == datetime(2026, 6, 2, 2, tzinfo=UTC)
    assert ten.cutoff_at == datetime(2026, 6, 1, 22, tzinfo=ZONE)
    assert ten.package == "nextday-1000"
    assert opened["wulin.courier.20260602T1600"].cutoff_at == datetime(2026, 6, 1, 22, tzinfo=ZONE)


def test_a_chosen_time_costs_a_premium_and_off_peak_is_free() -> None:
    opened = dict(slots_ahead(week(), NOON))
    assert opened["wulin.courier.20260602T1100"].price_fen == 2000
    assert opened["wulin.courier.20260602T1000"].price_fen == 0


@given(st.integers(0, 60 * 24 * 14))
def test_no_slot_of_the_past_is_opened_and_none_beyond_the_days_ahead(minutes: int) -> None:
    now = NOON + timedelta(minutes=minutes)
    for slot_id, slot in slots_ahead(week(), now):
        assert now < slot.cutoff_at <= slot.starts_at < slot.ends_at
        assert (slot.starts_at.astimezone(ZONE).date() - now.date()).days <= 3
        assert slot_id.endswith(f"{slot.starts_at.astimezone(ZONE):%Y%m%dT%H%M}")


def test_a_package_of_some_weekdays_has_no_slot_on_the_others() -> None:
    only = week().packages[0].model_copy(update={"weekdays": (4,)})
    opened = list(slots_ahead(week(packages=[only.model_dump()], days_ahead=7), NOON))
    assert [slot_id for slot_id, _ in opened] == ["wulin.courier.20260605T1000"]


def test_two_packages_may_not_start_at_the_same_time_in_one_channel() -> None:
    ten, four = (package.model_dump() for package in week().packages[:2])
    with pytest.raises(ValidationError):
        PutSlotRules.model_validate({"packages": [ten, {**four, "starts": ["10:00"]}]})
    PutSlotRules.model_validate(
        {"packages": [ten, {**four, "starts": ["10:00"], "channel": "locker"}]}
    )
