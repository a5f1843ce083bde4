"""Separate stocks, replayed: whole baskets, the nearest store only, nothing sold twice."""

from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.geography import Point
from local.day.baskets import Basket
from local.day.places import Resident
from local.day.replay import FillRate, replay, separate
from local.day.sample import Building

NEAR, FAR = "near", "far"
HOME = Building("b", "楼", "House", Point(120.16, 30.27), 6, False)
WHO = Resident("resident-1", HOME, "1", 2, NEAR, True)


def basket(number: int, **units: int) -> Basket:
    return Basket(number, 9, number, WHO, tuple(sorted(units.items())))


def test_separately_an_order_fails_that_the_pool_fills() -> None:
    opening = {(NEAR, "egg"): 1, (FAR, "egg"): 1}
    wanted = [basket(1, egg=2)]
    assert separate(wanted, opening) == FillRate(1, 0, 2, 0)
    assert replay(wanted, opening, {WHO.subject: [NEAR, FAR]}) == FillRate(1, 1, 2, 2)


def test_a_basket_is_filled_whole_or_takes_nothing() -> None:
    opening = {(NEAR, "egg"): 1, (NEAR, "milk"): 0}
    wanted = [basket(1, egg=1, milk=1), basket(2, egg=1)]
    assert separate(wanted, opening) == FillRate(2, 1, 3, 1)


def test_what_one_basket_took_the_next_cannot_have() -> None:
    assert separate([basket(1, egg=1), basket(2, egg=1)], {(NEAR, "egg"): 1}).filled_orders == 1


def test_the_opening_stock_given_is_not_changed() -> None:
    opening = {(NEAR, "egg"): 3}
    separate([basket(1, egg=2)], opening)
    assert opening == {(NEAR, "egg"): 3}


def test_a_day_without_orders_has_a_rate_of_zero() -> None:
    assert separate([], {}).of_orders == separate([], {}).of_units == 0.0


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=12),
    st.integers(0, 10),
    st.integers(0, 10),
)
def test_no_more_units_are_filled_than_there_were(wants: list[int], near: int, far: int) -> None:
    wanted = [basket(number, egg=units) for number, units in enumerate(wants)]
    rate = replay(wanted, {(NEAR, "egg"): near, (FAR, "egg"): far}, {WHO.subject: [NEAR, FAR]})
    assert rate.filled_units <= near + far
    assert rate.units == sum(wants)
    assert separate(wanted, {(NEAR, "egg"): near}).filled_units <= near
