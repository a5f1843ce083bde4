"""The day's baskets: reproducible, near their store, and made of the demand that the sales show."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.ids import gs1_check_digit
from local.day.baskets import (
    LAST_TRADING_HOUR,
    THINNING,
    demand_by_hour,
    make_day,
    opening_units,
    thin,
)
from local.day.places import COMMUNITY, pool_of, settle
from local.day.sample import SalesRow, load_sample

SAMPLE = load_sample()
RESIDENTS = settle(SAMPLE.buildings, SAMPLE.stores, COMMUNITY)
DAY = make_day(SAMPLE, RESIDENTS, "a-day")
NEVER = (False,) * 24


def row(store: str, units: dict[int, int], out: tuple[int, ...] = ()) -> SalesRow:
    hours = tuple(units.get(hour, 0) for hour in range(24))
    return SalesRow(store, "p", hours, tuple(hour in out for hour in range(24)))


def test_the_sample_names_only_valid_gs1_numbers() -> None:
    numbers = [one.sku for one in SAMPLE.products] + [one.store_id for one in SAMPLE.stores]
    assert all(gs1_check_digit(number[:-1]) == number[-1] for number in numbers)
    assert all(20 <= int(product.sku[:2]) <= 29 for product in SAMPLE.products)


def test_every_product_and_store_of_the_sales_has_invented_particulars() -> None:
    sold = {(one.store, one.product) for one in SAMPLE.sales}
    stores = {one.store for one in SAMPLE.stores}
    products = {one.product for one in SAMPLE.products}
    assert sold == {(store, product) for store in stores for product in products}


def test_the_stores_belong_to_different_owners() -> None:
    assert len({store.owner_id for store in SAMPLE.stores}) == len(SAMPLE.stores) == 5


def test_some_residents_reach_every_store_some_only_a_few_some_none() -> None:
    places = {store.store_id: store.place for store in SAMPLE.stores}
    sizes = Counter(len(pool_of(building.place, places)) for building in SAMPLE.buildings)
    assert sizes[5] > sum(sizes.values()) / 2
    assert sizes[0] >= 1
    assert set(sizes) & {1, 2, 3}


def test_the_same_seed_gives_the_same_day_and_another_another() -> None:
    assert make_day(SAMPLE, RESIDENTS, "a-day") == DAY
    assert make_day(SAMPLE, RESIDENTS, "another").baskets != DAY.baskets


def test_the_day_has_between_150_and_250_baskets_in_the_order_of_time() -> None:
    times = [(basket.hour, basket.minute) for basket in DAY.baskets]
    assert 150 <= len(times) <= 250
    assert times == sorted(times)
    assert [basket.number for basket in DAY.baskets] == list(range(1, len(times) + 1))


def test_every_basket_is_ordered_by_someone_whose_nearest_store_made_the_sale() -> None:
    assert all(basket.resident.in_pool for basket in DAY.baskets)
    assert {basket.resident.nearest_store_id for basket in DAY.baskets} == {
        store.store_id for store in SAMPLE.stores
    }


def test_the_baskets_hold_the_thinned_demand_unit_for_unit() -> None:
    wanted = sum(basket.units for basket in DAY.baskets)
    demand = 0.0
    for one in SAMPLE.sales:
        peers = [peer for peer in SAMPLE.sales if peer.product == one.product]
        demand += sum(demand_by_hour(one, peers))
    # Each of the series may round up or down by less than a unit.
    assert abs(wanted - demand / THINNING) < len(SAMPLE.sales)
    sold_on_scale = sum(sum(one.units) for one in SAMPLE.sales) / THINNING
    assert wanted > sold_on_scale - len(SAMPLE.sales) / 2


def test_a_basket_names_each_product_once_and_has_one_to_eight_units() -> None:
    for basket in DAY.baskets:
        assert len({sku for sku, _ in basket.lines}) == len(basket.lines)
        assert 1 <= basket.units <= 8


def test_an_hour_in_stock_wants_what_it_sold() -> None:
    mine, other = row("a", {9: 4}), row("b", {9: 30})
    assert demand_by_hour(mine, [mine, other])[9] == 4


@pytest.mark.parametrize(
    ("sold", "others", "wanted"), [(0, [6, 2], 4.0), (5, [6, 2], 5.0), (1, [], 1.0)]
)
def test_an_hour_out_of_stock_wants_at_least_what_the_others_sold_on_average(
    sold: int, others: list[int], wanted: float
) -> None:
    mine = row("a", {9: sold}, out=(9,))
    peers = [mine, *(row(f"peer-{n}", {9: units}) for n, units in enumerate(others))]
    assert demand_by_hour(mine, peers)[9] == wanted


@given(
    st.lists(st.floats(0, 60), min_size=24, max_size=24),
    st.floats(0, 1, exclude_max=True),
)
def test_thinning_keeps_every_nth_unit_and_never_goes_back(
    hours: list[float], phase: float
) -> None:
    kept = thin(hours, phase)
    assert min(kept) >= 0
    assert abs(sum(kept) - sum(hours) / THINNING) <= 1.000001


def test_a_store_that_ran_dry_opens_without_a_spare() -> None:
    dry = row("a", {9: 4 * THINNING}, out=(LAST_TRADING_HOUR,))
    full = row("a", {9: 4 * THINNING})
    assert opening_units(dry, 0.0) == 4
    assert opening_units(full, 0.0) == 5
    assert opening_units(row("a", {}), 0.0) == 1
