"""Boxes with real orders: each community's own deposit, packing, and deliveries told late."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from linli import boxes, catalogue, credit, orders
from linli.catalogue import PutCommunity
from linli.catalogue.packaging import Packaging
from linli.credit import Points
from linli.kernel.ids import uuid7
from linli.kernel.time import rfc3339
from linli.orders import Order
from tests.support import lives, picking
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.world import audit_now

KEEPER, REWARD = v.keeper(v.STORES[0]), Points(5)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish_quickly(opened, "lives", lives.furnish)
        yield opened
        assert audit_now() == []
    catalogue.forget()


def asks(deposit_fen: int) -> None:
    terms = PutCommunity(packaging=Packaging(deposit_fen=deposit_fen))
    catalogue.put_community(v.COMMUNITY, terms, "*" if known() else None)
    catalogue.forget()


def known() -> bool:
    return catalogue.community_now(v.COMMUNITY) != catalogue.Community(community_id=v.COMMUNITY)


def on_the_way(boxes_wanted: int) -> Order:
    order = lives.frozen(lives.place(boxes=boxes_wanted))
    return picking.send_off(order, v.LATER)


def deliver(order: Order, *box_ids: str, at: datetime = lives.END) -> Order:
    return orders.deliver(
        str(uuid7()),
        order.order_id,
        courier_id="c-1",
        outcome="delivered",
        box_ids=box_ids,
        at=at,
        now=lives.END,
    )


def owed() -> int:
    return credit.statement("r-an", now=lives.END).deposit_fen


def seen(kind: str, place_id: str, at: datetime, told_at: datetime) -> boxes.Scanned:
    body = {
        "id": uuid7(),
        "box_id": v.box(0),
        "place": {"kind": kind, "id": place_id},
        "at": at,
        "store_id": v.STORES[0],
    }
    command = boxes.Scan.model_validate(body)
    return boxes.scan(command, caller=KEEPER, now=told_at, reward_points=REWARD)


def test_a_community_asks_its_own_deposit_and_pays_back_what_was_charged(db: Engine) -> None:
    asks(2500)
    order = on_the_way(2)
    assert (order.deposit_fen, order.box_fen) == (5000, 2500)
    deliver(order, v.box(0))  # The other was not handed over, and costs nothing.
    assert owed() == 2500
    asks(500)
    assert seen("store", v.STORES[0], lives.END, lives.END).refund_fen == 2500
    assert owed() == 0


def test_without_a_deposit_boxes_go_round_on_rewards_alone(db: Engine) -> None:
    asks(0)
    deliver(on_the_way(1), v.box(0))
    command = boxes.ReturnBox(id=uuid7(), box_id=v.box(0), store_id=v.STORES[0], returned_by="r-bo")
    told = boxes.take_back(command, caller=KEEPER, now=lives.END, reward_points=REWARD)
    assert (told.refund_fen, told.reward_points) == (0, 5)


def test_a_delivery_is_told_late_and_the_box_went_out_when_it_did(db: Engine) -> None:
    at = lives.END - timedelta(minutes=50)
    deliver(on_the_way(1), v.box(0), at=at)
    (mine,) = boxes.my_boxes("r-an").boxes
    assert mine.out_at == rfc3339(at)


def test_a_box_that_came_back_before_its_delivery_was_told_is_refunded_then(db: Engine) -> None:
    """Loaded at four, given at ten to five, at the store at five, told of at half past five."""
    order = on_the_way(1)
    seen("courier", "c-1", v.LATER, v.LATER)
    seen("store", v.STORES[0], lives.END, lives.END)
    assert owed() == 0
    deliver(order, v.box(0), at=lives.END - timedelta(minutes=10))
    assert owed() == 1000
    later = lives.END + timedelta(minutes=30)
    boxes.sweep(later, reward_points=REWARD)
    assert owed() == 0
    assert boxes.read(v.box(0), caller=KEEPER).custodian is boxes.Custodian.STORE


def test_a_box_packed_for_one_order_is_not_delivered_with_another(db: Engine) -> None:
    order = on_the_way(1)
    seen("order", str(uuid7()), v.LATER, v.LATER)
    before = db.everything()
    with pytest.raises(boxes.BoxNotInStore):
        deliver(order, v.box(0))
    assert db.everything() == before
    deliver(order)
