"""Amounts, currencies and earning rules: what is no transfer is refused before it is written."""

from typing import Any

import pytest

from linli.credit import Fen, Points, TooManyPoints, UnknownDeed
from linli.credit.earning import points_for
from linli.credit.model import (
    CASH,
    ISSUER,
    MOST_UNITS,
    CreditView,
    Transfer,
    deposit_of,
    points_of,
)
from linli.credit.programme import defaults
from linli.kernel.errors import Invalid

DEEDS = defaults().deeds


@pytest.mark.parametrize("amount", [0, -1, MOST_UNITS + 1, 10**30, 1.5, True, "5"])
def test_an_amount_is_a_whole_number_neither_none_nor_huge(amount: Any) -> None:
    with pytest.raises(Invalid):
        Transfer("t", "r", ISSUER, points_of("r"), Points(amount), "deed")


@pytest.mark.parametrize("amount", [1, MOST_UNITS])
def test_the_smallest_and_the_largest_amount_are_transfers(amount: int) -> None:
    assert Transfer("t", "r", CASH, deposit_of("r"), Fen(amount), "boxes").amount == amount


def test_points_do_not_go_to_an_account_of_money() -> None:
    with pytest.raises(AssertionError):  # And mypy refuses it as well:
        Transfer("t", "r", points_of("r"), CASH, Points(5), "order")  # type: ignore[misc]


def test_money_does_not_go_to_an_account_of_points() -> None:
    with pytest.raises(AssertionError):
        Transfer("t", "r", CASH, points_of("r"), Fen(5), "boxes")  # type: ignore[misc]


def test_held_points_are_in_the_balance_but_not_available() -> None:
    assert CreditView(Points(30), Points(12), Points(0)).available_points == 18


@pytest.mark.parametrize(
    ("deed", "asked", "earned"),
    [
        ("helped_elder", None, 3),
        ("helped_elder", 3, 3),
        ("helped_elder", 1, 1),
        ("sorted_recycling", None, 2),
        ("sorted_recycling", 6, 6),
    ],
)
def test_a_deed_earns_what_its_rule_says_or_less_than_its_most(
    deed: str, asked: int | None, earned: int
) -> None:
    assert points_for(DEEDS, deed, asked) == earned


def test_a_deed_without_a_rule_earns_nothing() -> None:
    with pytest.raises(UnknownDeed):
        points_for(DEEDS, "juggling", None)


def test_a_deed_earns_no_more_than_its_most() -> None:
    with pytest.raises(TooManyPoints) as refusal:
        points_for(DEEDS, "sorted_recycling", 7)
    assert refusal.value.fields == {"most_points": 6}


@pytest.mark.parametrize("deed", sorted(DEEDS))
def test_each_rule_can_be_applied_within_a_day(deed: str) -> None:
    rule = DEEDS[deed]
    assert 1 <= rule.points <= rule.most_points <= defaults().earned_points_a_day
