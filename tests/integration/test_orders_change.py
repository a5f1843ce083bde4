"""Changing an order: what it holds moves in one write, for the prices that it was promised."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import catalogue, orders
from linli.catalogue import PutProduct
from linli.kernel.editing import etag
from linli.kernel.errors import IdReused, NotFound, Refused
from linli.kernel.ids import uuid7
from linli.orders import ChangeLines, Order
from linli.stock.audit import booked
from tests.support import lives
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.world import audit_now

GREENS, RICE, EGGS, TEA = v.SKUS


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish_quickly(opened, "lives", lives.furnish)
        yield opened
        assert audit_now() == []


def wish(lines: dict[str, int], **more: Any) -> ChangeLines:
    told = [{"sku": sku, "units": units} for sku, units in lines.items()]
    return ChangeLines.model_validate({"id": uuid7(), "lines": told} | more)


def change(order: Order, command: ChangeLines, who: str = "r-an", now: Any = v.NOON) -> Order:
    return orders.change(order.order_id, command, resident_id=who, now=now, settings=v.SETTINGS)


def held() -> dict[tuple[str, str], int]:
    return {shelf: b.level.held_units for shelf, b in booked().items() if b.level.held_units}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({GREENS: 2}, {GREENS: 5}),
        ({GREENS: 5}, {GREENS: 2}),
        ({GREENS: 12}, {GREENS: 14, RICE: 1}),
        ({GREENS: 27}, {GREENS: 26}),
        ({GREENS: 3, RICE: 2}, {EGGS: 2}),
        ({GREENS: 9, RICE: 9}, {GREENS: 18}),
    ],
)
def test_an_order_holds_exactly_what_it_was_changed_to(
    db: Engine, before: dict[str, int], after: dict[str, int]
) -> None:
    order = change(lives.place(before, spend_points=1, boxes=1), wish(after))
    sources = {
        (source.store_id, line.sku): source.units for line in order.lines for source in line.sources
    }
    assert held() == sources
    assert {line.sku: line.units for line in order.lines} == after
    assert order.total_fen == sum(v.PRICES_FEN[sku] * n for sku, n in after.items()) + 900
    assert (order.state, order.points, order.boxes) == ("placed", 1, 1)


def test_what_it_has_keeps_its_price_and_its_place(db: Engine) -> None:
    slot_id = f"{v.COMMUNITY}.courier.20260601T1700"
    v.offer(slot_id, capacity=1, starts_at=v.LATER + timedelta(hours=1))
    order = lives.place({GREENS: 2}, slot_id=slot_id)
    dearer = PutProduct(name_zh="货", name_en="Good", price_fen=999, grams=500)
    for sku in (GREENS, EGGS):
        kept = catalogue.products_by_id([sku])[sku]
        catalogue.put_product(sku, dearer, etag(kept))
    order = change(order, wish({GREENS: 3, EGGS: 1}))
    assert [(line.sku, line.price_fen) for line in order.lines] == [(GREENS, 350), (EGGS, 999)]


def test_a_change_sent_again_changes_nothing_more(db: Engine) -> None:
    order, command = lives.place({GREENS: 2}), wish({GREENS: 3})
    first = change(order, command)
    before = db.everything()
    assert change(order, command) == first
    assert db.everything() == before
    with pytest.raises(IdReused):
        change(order, wish({GREENS: 4}, id=command.id))


@pytest.mark.parametrize(
    ("lines", "more", "code"),
    [
        ({GREENS: 28}, {}, "out_of_stock"),
        ({v.UNSOLD_SKU: 1}, {}, "unknown_sku"),
        ({EGGS: 1}, {}, "points_exceed_total"),
        ({GREENS: 3}, {"expected_total_fen": 5}, "price_changed"),
    ],
)
def test_a_change_that_cannot_be_leaves_the_order_as_it_was(
    db: Engine, lines: dict[str, int], more: dict[str, Any], code: str
) -> None:
    order = lives.place({GREENS: 2}, spend_points=2)
    before = db.everything()
    with pytest.raises(Refused) as refused:
        change(order, wish(lines, **more))
    assert refused.value.code == code
    assert db.everything() == before


def test_after_its_cut_off_an_order_stays_as_it_is(db: Engine) -> None:
    order = lives.place({GREENS: 2})
    with pytest.raises(Refused) as refused:
        change(order, wish({GREENS: 1}), now=v.CUTOFF)
    assert refused.value.code == "slot_closed"


def test_a_paid_order_becomes_cheaper_but_not_dearer(db: Engine) -> None:
    order = lives.paid(lives.place({GREENS: 4}, pay="online"))
    with pytest.raises(Refused) as refused:
        change(order, wish({GREENS: 5}))
    assert refused.value.code == "dearer_than_paid"
    order = change(order, wish({GREENS: 3}))
    kept = order.progress
    assert (order.total_fen, kept.paid_fen, kept.refund_fen) == (1050, 1400, 350)
    with pytest.raises(Refused):
        change(order, wish({GREENS: 4}))
    order = orders.cancel(order.order_id, resident_id="r-an", now=v.NOON)
    assert order.progress.refund_fen == 1400


def test_a_due_order_is_paid_at_its_new_price(db: Engine) -> None:
    order = change(lives.place({GREENS: 2}, pay="online"), wish({GREENS: 5}))
    assert orders.payable(order.order_id, "r-an").total_fen == 1750
    assert lives.paid(order).progress.paid_fen == 1750


def test_nobody_changes_a_neighbours_order(db: Engine) -> None:
    order = lives.place({GREENS: 2})
    with pytest.raises(NotFound):
        change(order, wish({GREENS: 1}), "r-bo")


def test_a_change_plans_anew_when_the_goods_have_moved_on(db: Engine) -> None:
    order = lives.place({GREENS: 2})
    near = order.store_ids[0]
    calls = iter(range(99))

    def buy_in_between(operation: str) -> None:
        if operation == "TransactWriteItems" and next(calls) == 0:
            lives.place({GREENS: 7}, "r-bo")

    db.before_call = buy_in_between
    order = change(order, wish({GREENS: 4}))
    (source,) = order.lines[0].sources
    assert source.store_id != near
