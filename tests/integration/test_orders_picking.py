"""Stores pick: what is missing, weighed or replaced; its stock, its money and its points."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import catalogue, credit, orders
from linli.catalogue import PutProduct
from linli.kernel.editing import etag
from linli.kernel.errors import IdReused, NotFound, Refused
from linli.kernel.ids import uuid7
from linli.orders import Order
from linli.stock.audit import booked
from tests.support import lives, picking
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.picking import pack, pick, report
from tests.support.world import audit_now

GREENS, RICE, EGGS, TEA = v.SKUS


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish_quickly(opened, "lives", lives.furnish)
        yield opened
        assert audit_now() == []


def level(store_id: str, sku: str) -> tuple[int, int, int, int]:
    """ATP, held, sold and written off."""
    kept = booked()[store_id, sku].level
    return kept.atp_units, kept.held_units, kept.sold_units, kept.written_off_units


def ready(lines: dict[str, int], **more: Any) -> Order:
    return lives.frozen(lives.place(lines, **more))


def refused(db: Engine, code: str, order: Order, changes: dict[str, Any]) -> None:
    before = db.everything()
    with pytest.raises(Refused) as refusal:
        pick(order, order.store_ids[0], v.LATER, changes)
    assert refusal.value.code == code
    assert db.everything() == before


def test_what_was_not_found_leaves_the_records_and_is_not_paid(db: Engine) -> None:
    order = pack(ready({GREENS: 4, RICE: 1}), v.LATER, {GREENS: {"units": 1}})
    near = order.store_ids[0]
    assert level(near, GREENS) == (5, 1, 0, 3)
    assert (order.state, order.total_fen, order.final_fen) == ("packed", 2680, 1630)
    assert order.progress.refund_fen == 0, "nothing was paid, nothing is owed"
    lives.end(picking.send_off(order, v.LATER))
    assert level(near, GREENS) == (5, 0, 1, 3)


def test_a_paid_order_is_owed_back_what_was_not_found(db: Engine) -> None:
    order = lives.paid(lives.place({GREENS: 4, RICE: 1}, pay="online"))
    order = pack(lives.frozen(order), v.LATER, {GREENS: {"units": 1}})
    kept = order.progress
    assert (kept.paid_fen, kept.refund_fen, order.final_fen) == (2680, 1050, 1630)
    assert kept.bill is not None
    assert {each.sku: each.refund_fen for each in kept.bill.lines} == {GREENS: 1050, RICE: 0}


def test_an_order_of_which_nothing_was_found_fails_and_costs_nothing(db: Engine) -> None:
    order = lives.paid(lives.place({GREENS: 12}, pay="online", spend_points=3, boxes=1))
    before = credit.statement("r-an", now=v.NOON)
    order = pack(lives.frozen(order), v.LATER, {GREENS: {"units": 0}})
    assert (order.state, order.final_fen) == ("failed", 0)
    assert order.progress.refund_fen == order.progress.paid_fen == 4900
    after = credit.statement("r-an", now=v.NOON)
    assert (before.available_points, after.available_points) == (17, 20)
    assert level(order.store_ids[0], GREENS)[1] == 0


def test_points_that_the_goods_are_no_longer_worth_come_back(db: Engine) -> None:
    order = lives.place({GREENS: 4}, spend_points=14)  # 1400 fen, all of it in points.
    order = pack(lives.frozen(order), v.LATER, {GREENS: {"units": 1}})  # 350 fen are left.
    lives.end(picking.send_off(order, v.LATER))
    statement = credit.statement("r-an", now=v.NOON)
    assert (statement.balance_points, statement.held_points) == (17, 0)
    assert orders.read(order.order_id).final_fen == 0


def test_the_last_stores_part_packs_the_order(db: Engine) -> None:
    order = ready({GREENS: 12})
    one, other = order.store_ids
    assert pick(order, one, v.LATER).state == "picking"
    assert pick(order, other, v.LATER).state == "packed"
    assert [part.store_id for part in orders.read(order.order_id).progress.parts] == [one, other]


def test_a_report_sent_again_changes_nothing_and_another_is_too_late(db: Engine) -> None:
    order = ready({GREENS: 12})
    store_id = order.store_ids[0]
    told = report(order, store_id, {GREENS: {"units": 2}})
    keeper = picking.keeper(store_id)
    first = orders.pick(told, caller=keeper, now=v.LATER)
    before = db.everything()
    assert orders.pick(told, caller=keeper, now=v.LATER) == first
    assert db.everything() == before
    with pytest.raises(IdReused):
        orders.pick(report(order, store_id, command_id=told.id), caller=keeper, now=v.LATER)
    refused(db, "already_picked", order, {})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({GREENS: {"units": 10}}, "wrong_part"),
        ({GREENS: {"grams": 400}}, "not_weighed"),
        ({GREENS: {"sku": RICE}}, "wrong_part"),
        ({GREENS: {"units": 1, "substitute": {"sku": TEA, "units": 1}}}, "not_agreed"),
    ],
    ids=["too much", "weighed", "another product", "not agreed"],
)
def test_a_report_that_does_not_fit_changes_nothing(
    db: Engine, changes: dict[str, Any], code: str
) -> None:
    refused(db, code, ready({GREENS: 4}), changes)


def test_only_a_store_that_supplies_the_order_picks_it(db: Engine) -> None:
    order = ready({GREENS: 1})
    (store_id,) = order.store_ids
    other = next(each for each in v.STORES if each != store_id)
    with pytest.raises(NotFound):
        orders.pick(report(order, store_id), caller=picking.keeper(other), now=v.LATER)
    foreign = report(order, store_id).model_copy(update={"store_id": other})
    with pytest.raises(NotFound):
        orders.pick(foreign, caller=picking.keeper(other), now=v.LATER)


def test_an_order_that_is_brought_waits_for_its_wave(db: Engine) -> None:
    refused(db, "out_of_order", lives.place({GREENS: 1}), {})


def test_an_order_that_is_not_paid_is_not_picked(db: Engine) -> None:
    order = lives.place({GREENS: 1}, pay="online", slot_id=lives.PICKUP_SLOT)
    refused(db, "out_of_order", order, {})


# What is given instead: price of the line's product, of the other, what is charged for one.
@pytest.mark.parametrize(("sku", "other", "fen"), [(GREENS, TEA, 350), (TEA, GREENS, 350)])
def test_a_substitute_is_never_dearer(db: Engine, sku: str, other: str, fen: int) -> None:
    lines = [{"sku": sku, "units": 3, "substitute": "same_price"}]
    order = lives.frozen(_place(lines))
    instead = {"units": 1, "substitute": {"sku": other, "units": 2}}
    order = pack(order, v.LATER, {sku: instead})
    (near,) = order.store_ids
    assert order.final_fen == v.PRICES_FEN[sku] + 2 * fen
    assert level(near, sku) == (6, 1, 0, 2)
    assert level(near, other) == (7, 2, 0, 0)
    lives.end(picking.send_off(order, v.LATER))
    assert level(near, other) == (7, 0, 2, 0)


def _place(lines: list[dict[str, Any]], **more: Any) -> Order:
    body = v.order(None, None, **more) | {"lines": lines}
    command = orders.PlaceOrder.model_validate(body)
    return orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)


def test_a_failed_delivery_frees_what_was_found_and_given_instead(db: Engine) -> None:
    order = lives.frozen(_place([{"sku": GREENS, "units": 3, "substitute": "same_price"}]))
    order = pack(order, v.LATER, {GREENS: {"units": 1, "substitute": {"sku": TEA, "units": 1}}})
    lives.end(picking.send_off(order, v.LATER), "failed")
    (near,) = order.store_ids
    assert (level(near, GREENS), level(near, TEA)) == ((7, 0, 0, 2), (9, 0, 0, 0))


def test_who_wants_to_be_asked_is_asked(db: Engine) -> None:
    order = lives.frozen(_place([{"sku": GREENS, "units": 2, "substitute": "ask"}]))
    instead = {GREENS: {"units": 0, "substitute": {"sku": TEA, "units": 2}}}
    refused(db, "not_agreed", order, instead)
    for sku in (EGGS, TEA):  # The resident's last word counts.
        said = orders.Agree(id=uuid7(), sku=GREENS, substitute_sku=sku)
        for _ in range(2):
            orders.agree(order.order_id, said, resident_id="r-an", now=v.LATER)
    refused(
        db, "not_agreed", order, {GREENS: {"units": 0, "substitute": {"sku": EGGS, "units": 1}}}
    )
    assert pack(order, v.LATER, instead).final_fen == order.total_fen == 700


@pytest.mark.parametrize(
    ("instead", "code"),
    [
        ({"sku": TEA, "units": 3}, "wrong_part"),
        ({"sku": RICE, "units": 1}, "wrong_part"),
        ({"sku": v.UNSOLD_SKU, "units": 1}, "unknown_sku"),
    ],
    ids=["more than is missing", "of the order itself", "unknown"],
)
def test_a_substitute_that_does_not_fit_changes_nothing(
    db: Engine, instead: dict[str, Any], code: str
) -> None:
    lines = [{"sku": sku, "units": 3, "substitute": "same_price"} for sku in (GREENS, RICE)]
    refused(db, code, lives.frozen(_place(lines)), {GREENS: {"units": 1, "substitute": instead}})


def test_a_substitute_that_is_not_there_either_changes_nothing(db: Engine) -> None:
    order = lives.frozen(_place([{"sku": GREENS, "units": 3, "substitute": "same_price"}]))
    lives.place({TEA: 9}, "r-bo")
    instead = {GREENS: {"units": 1, "substitute": {"sku": TEA, "units": 1}}}
    refused(db, "out_of_stock", order, instead)


def test_goods_sold_by_weight_cost_what_they_weigh_and_never_more(db: Engine) -> None:
    fish = PutProduct(name_zh="鱼", name_en="Fish", price_fen=1999, grams=500, by_weight=True)
    kept = catalogue.products_by_id([GREENS])[GREENS]
    catalogue.put_product(GREENS, fish, etag(kept))
    catalogue.forget()
    order = ready({GREENS: 2})
    assert order.lines[0].by_weight
    refused(db, "not_weighed", order, {GREENS: {"grams": None}})
    light = pack(order, v.LATER, {GREENS: {"grams": 901}})
    assert light.final_fen == 3602  # 1999 x 901 / 500 = 3602.198
    heavy = pack(ready({GREENS: 2}), v.LATER, {GREENS: {"grams": 1300}})
    assert heavy.final_fen == heavy.total_fen == 3998


def test_boxes_that_were_not_handed_over_cost_nothing(db: Engine) -> None:
    order = lives.paid(lives.place({GREENS: 1}, pay="online", boxes=2))
    order = lives.end(picking.send_off(lives.frozen(order), v.LATER), "delivered", (v.box(0),))
    kept = order.progress
    assert (kept.paid_fen, kept.refund_fen, order.final_fen) == (2350, 1000, 1350)
    assert credit.statement("r-an", now=v.NOON).deposit_fen == 1000


@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_a_paid_order_that_ends_without_goods_is_owed_back_in_full(db: Engine, end: str) -> None:
    order = lives.paid(lives.place({GREENS: 3}, pay="online", boxes=1))
    if end == "cancel":
        order = orders.cancel(order.order_id, resident_id="r-an", now=v.NOON)
    else:
        order = lives.end(picking.send_off(lives.frozen(order), v.LATER), "failed")
    assert order.progress.refund_fen == order.progress.paid_fen == 2050
    assert order.final_fen == 0


def test_a_store_sees_what_it_has_to_pick_and_no_more(db: Engine) -> None:
    waits, order = lives.place({GREENS: 1}, pay="online"), ready({GREENS: 12})
    one, other = order.store_ids
    assert [each.order_id for each in orders.to_pick(v.SLOT, one)] == [order.order_id]
    pick(order, one, v.LATER)
    assert orders.to_pick(v.SLOT, one) == []
    assert [each.order_id for each in orders.to_pick(v.SLOT, other)] == [order.order_id]
    assert waits.payment == "due"


def test_an_order_goes_off_when_every_store_has_handed_its_part_over(db: Engine) -> None:
    order = pack(ready({GREENS: 12}), v.LATER)
    one, other = order.store_ids
    states = [
        orders.hand_over(order.order_id, store_id, by="k", now=v.LATER).state
        for store_id in (one, one, other, other)
    ]
    assert states == ["packed", "packed", "handed_over", "handed_over"]
    with pytest.raises(NotFound):
        orders.hand_over(order.order_id, v.FAR_STORE, by="k", now=v.LATER)


def test_what_paper_tells_ends_a_half_picked_order(db: Engine) -> None:
    order = ready({GREENS: 12})
    pick(order, order.store_ids[0], v.LATER, {GREENS: {"units": 2}})
    told = {"courier_id": None, "outcome": "delivered", "box_ids": ()}
    at = v.LATER + timedelta(hours=1)
    order = orders.deliver_on_paper(str(uuid7()), order.order_id, **told, at=at, now=at)  # type: ignore[arg-type]
    one, other = order.store_ids
    assert (level(one, GREENS), level(other, GREENS)) == ((0, 0, 2, 7), (6, 0, 3, 0))
