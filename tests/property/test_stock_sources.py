"""The choice of sources against every other choice there is."""

from dataclasses import dataclass
from itertools import combinations
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linli.stock import OutOfStock, Source, choose_sources
from linli.stock.rules import MOST_SPLIT, MOST_STORES, Offer

SKUS = ("a", "b", "c")


@dataclass(frozen=True)
class Shop:
    store_id: str
    owner_id: str


Pool = list[tuple[Shop, int]]
Free = dict[tuple[str, str], int]


@st.composite
def pools(draw: st.DrawFn) -> tuple[Pool, Free]:
    """Up to ten stores, some at the same distance, each with a few units of each SKU."""
    count = draw(st.integers(0, 10))
    metres = draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
    pool = [(Shop(f"s{n}", f"o{n}"), 100 * metres[n]) for n in range(count)]
    free = {(shop.store_id, sku): draw(st.integers(0, 4)) for shop, _ in pool for sku in SKUS}
    return pool, free


WISHES = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 7), min_size=1)


def choose(wanted: dict[str, int], pool: Pool, free: Free) -> list[Source]:
    offered = {shelf: Offer(units, kept_units=0, terms=0) for shelf, units in free.items()}
    return choose_sources(wanted, pool, offered)


def near(pool: Pool) -> Pool:
    return sorted(pool, key=lambda shop: (shop[1], shop[0].store_id))[:MOST_STORES]


def enough(subset: tuple[tuple[Shop, int], ...], wanted: dict[str, int], free: Free) -> bool:
    return all(
        sum(free[shop.store_id, sku] for shop, _ in subset) >= units
        for sku, units in wanted.items()
    )


def best(wanted: dict[str, int], pool: Pool, free: Free) -> tuple[int, int] | None:
    """Fewest stores, then least metres, by trying everything."""
    found = [
        (size, sum(metres for _, metres in subset))
        for size in range(1, MOST_SPLIT + 1)
        for subset in combinations(near(pool), size)
        if enough(subset, wanted, free)
    ]
    return min(found, default=None)


@given(pools(), WISHES)
def test_no_choice_has_fewer_stores_or_as_many_that_are_nearer(
    drawn: tuple[Pool, Free], wanted: dict[str, int]
) -> None:
    pool, free = drawn
    expected = best(wanted, pool, free)
    if expected is None:
        with pytest.raises(OutOfStock):
            choose(wanted, pool, free)
        return
    sources = choose(wanted, pool, free)
    used = {source.store_id for source in sources}
    metres = {shop.store_id: away for shop, away in pool}
    assert len(used) <= expected[0]
    assert sum(metres[store_id] for store_id in used) <= expected[1]


@given(pools(), WISHES)
def test_what_is_promised_is_what_was_wanted_and_what_is_free(
    drawn: tuple[Pool, Free], wanted: dict[str, int]
) -> None:
    pool, free = drawn
    try:
        sources = choose(wanted, pool, free)
    except OutOfStock:
        return
    for sku, units in wanted.items():
        assert sum(source.units for source in sources if source.sku == sku) == units
    owners = {shop.store_id: shop.owner_id for shop, _ in pool}
    for source in sources:
        assert 0 < source.units <= free[source.store_id, source.sku]
        assert source.owner_id == owners[source.store_id]
    assert len({(source.store_id, source.sku) for source in sources}) == len(sources)


@given(pools(), WISHES, st.randoms())
def test_the_choice_does_not_depend_on_the_order_in_which_stores_are_told(
    drawn: tuple[Pool, Free], wanted: dict[str, int], rng: Random
) -> None:
    pool, free = drawn
    shuffled = list(pool)
    rng.shuffle(shuffled)
    outcomes = []
    for order in (pool, shuffled):
        try:
            outcomes.append(choose(wanted, order, free))
        except OutOfStock as refusal:
            outcomes.append(refusal.fields["short"])
    assert outcomes[0] == outcomes[1]


@given(pools(), WISHES)
def test_a_refusal_says_what_the_whole_pool_is_short_of(
    drawn: tuple[Pool, Free], wanted: dict[str, int]
) -> None:
    pool, free = drawn
    there = {sku: sum(free[shop.store_id, sku] for shop, _ in near(pool)) for sku in wanted}
    short = [
        {"sku": sku, "units": units - there[sku]}
        for sku, units in wanted.items()
        if there[sku] < units
    ]
    assume(best(wanted, pool, free) is None)
    with pytest.raises(OutOfStock) as refusal:
        choose(wanted, pool, free)
    assert refusal.value.fields["short"] == short
