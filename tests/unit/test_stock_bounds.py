"""An order that would be held at too many shelves is served from others, or not at all."""

from dataclasses import dataclass

import pytest

from linli.stock import Offer, OutOfStock, choose_sources
from linli.stock.rules import MOST_SOURCES


@dataclass(frozen=True)
class Shop:
    store_id: str
    owner_id: str = "o"


NEAR, NEXT, FAR = Shop("1"), Shop("2"), Shop("3")
SKUS = [f"{n:013d}" for n in range(20)]


def offered(units: dict[Shop, int]) -> dict[tuple[str, str], Offer]:
    return {(shop.store_id, sku): Offer(n, 0, 0) for shop, n in units.items() for sku in SKUS}


def test_twenty_lines_that_all_need_two_stores_are_too_many_shelves() -> None:
    wanted = dict.fromkeys(SKUS, 2)
    with pytest.raises(OutOfStock) as refusal:
        choose_sources(wanted, [(NEAR, 1), (NEXT, 2)], offered({NEAR: 1, NEXT: 1}))
    assert refusal.value.fields["short"] == []


def test_a_farther_store_that_needs_fewer_shelves_is_chosen_instead() -> None:
    wanted = dict.fromkeys(SKUS, 2)
    shelves = offered({NEAR: 1, NEXT: 1, FAR: 1})
    shelves |= {(NEXT.store_id, sku): Offer(2, 0, 0) for sku in SKUS[:10]}
    shelves |= {(FAR.store_id, sku): Offer(2, 0, 0) for sku in SKUS[10:]}
    pool = [(NEXT, 1), (FAR, 2), (NEAR, 3)]
    sources = choose_sources(wanted, pool, shelves)
    assert len(sources) <= MOST_SOURCES
    assert sum(source.units for source in sources) == 40


def test_eighteen_lines_from_two_stores_each_are_the_most() -> None:
    wanted = dict.fromkeys(SKUS[:18], 2)
    sources = choose_sources(wanted, [(NEAR, 1), (NEXT, 2)], offered({NEAR: 1, NEXT: 1}))
    assert len(sources) == MOST_SOURCES
