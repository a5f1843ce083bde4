"""
A deposit reaches its owner by the payment that it came with: whoever takes the box back, once, in
full; what the provider cannot give back is paid out by a person. Real orders, the provider's book.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from linli import boxes, cases, credit, orders, payments
from linli.boxes.model import PlaceIn
from linli.credit import Points
from linli.kernel.errors import AlreadyDone, NotFound, Refused
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.orders import Order
from linli.payments import Deposit, PayOut, RefundOrder
from linli.payments.model import RefundTooLarge
from linli.presale import paying
from tests.support import lives, picking
from tests.support import packaging as p
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.paying import DISPATCHER, Till, hear, till, wish
from tests.support.world import audit_now

KEEPER, REWARD, END = v.keeper(v.STORES[0]), Points(5), lives.END
NEXT_DOOR = v.keeper(v.STORES[1])
DAY = timedelta(days=1)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish_quickly(opened, "deposits", _furnish)
        yield opened
        assert audit_now() == []


@pytest.fixture
def it(db: Engine) -> Till:
    made = till(paying)
    made.now = v.NOON
    return made


def _furnish() -> None:
    lives.furnish()
    station = boxes.PutStation(
        community_id=v.COMMUNITY,
        store_id=v.STORES[0],
        name_zh="站",
        name_en="Station",
        lon=v.HOME_LON,
        lat=v.HOME_LAT,
        capacity_boxes=9,
    )
    boxes.put_station(p.STATION, station, caller=p.CITY, if_match=None)
    boxes.put_machine(p.THING, boxes.PutMachine(station_id=p.STATION), caller=KEEPER)


def out(it: Till, *numbers: int, pay: str = "online", who: str = "r-an") -> Order:
    """An order with these boxes, paid for by phone or at the door, and delivered."""
    order = lives.place(boxes=len(numbers), pay=pay, who=who)
    it.now = v.NOON
    if pay == "online":
        told = payments.pay(
            wish(), order.order_id, caller=v.resident(who), now=it.now, parties=it.parties
        )
        it.book.pay(it.handle_of(told.attempt_id), it.now)
        hear(it)
    order = picking.send_off(lives.frozen(order), v.LATER)
    order = orders.deliver(
        str(uuid7()),
        order.order_id,
        courier_id="c-1",
        outcome="delivered",
        box_ids=[v.box(n) for n in numbers],
        at=END - timedelta(minutes=10),
        now=END,
    )
    it.now = END
    return order


def given_back(it: Till, order: Order) -> list[int]:
    """What the provider gave back of an order, after everything had its time."""
    it.shards = order.order_id[-1]
    for _ in range(3):
        it.now += timedelta(minutes=11)
        assert not it.sweep().get("fault")
        it.book.settle_refunds(it.now)
        hear(it)
    told = payments.payment(
        order.order_id, caller=v.resident(order.resident_id), parties=it.parties
    )
    mine = {UUID(attempt.attempt_id).hex for attempt in told.attempts}
    backs = [each for each in it.book.refunds.values() if each.request["out_trade_no"] in mine]
    return [each.fen for each in backs if each.status == "SUCCESS"]


def deposits(order: Order) -> list[tuple[int, str]]:
    """The refunds of an order's deposits, and how they stand."""
    return [
        (payment.fen, payment.state.value)
        for payment in payments.payment(
            order.order_id, caller=v.resident(order.resident_id), parties=till(paying).parties
        ).refunds
        if payment.reason == "deposit"
    ]


def counter(n: int = 0, now: datetime = END) -> boxes.Returned:
    command = boxes.ReturnBox(id=uuid7(), box_id=v.box(n), store_id=v.STORES[0], returned_by="r-bo")
    return boxes.take_back(command, caller=KEEPER, now=now, reward_points=REWARD)


def _at_the_counter() -> None:
    assert counter().refund_fen == 1000


def _at_a_station() -> None:
    seen("station", p.STATION)


def seen(kind: str, place_id: str, at: datetime = END) -> None:
    place = PlaceIn.model_validate({"kind": kind, "id": place_id})
    command = boxes.Scan(
        id=uuid7(), box_id=v.box(0), place=place, at=at, store_id=v.STORES[0], returned_by="r-bo"
    )
    boxes.scan(command, caller=KEEPER, now=END, reward_points=REWARD)


def _in_a_machine() -> None:
    arrival = p.message(1, box_id=v.box(0), at=END, store_id=v.STORES[0])
    for _ in range(2):
        boxes.take_in(arrival, now=END, reward_points=REWARD)


def _by_the_courier() -> None:
    door = {"lon": v.HOME_LON, "lat": v.HOME_LAT, "building": "3"}
    asked = boxes.RequestEmpties.model_validate(
        {
            "id": uuid7(),
            "community_id": v.COMMUNITY,
            "slot_id": v.SLOT,
            "door": door,
            "box_count": 1,
        }
    )
    boxes.request_empties(asked, caller=v.resident("r-bo"), now=v.NOON)
    take(str(asked.id), [0])


def take(request_id: str, numbers: list[int]) -> None:
    with transaction() as tx:
        boxes.take_empties(
            tx,
            request_id,
            courier_id="c-1",
            box_ids=[v.box(n) for n in numbers],
            at=END,
            now=END,
            reward_points=REWARD,
        )


def _by_a_dispute() -> None:
    asked = boxes.DisputeBox(id=uuid7(), about="returned_unseen", says="-")
    told = boxes.dispute(v.box(0), asked, caller=v.resident("r-an"), now=END)
    word = cases.DecideCase(id=uuid7(), decision="upheld", reason="seen on the camera")
    effects = {boxes.DISPUTE: boxes.settle_dispute}
    cases.decide(told.case_id, word, caller=v.DISPATCHER, now=END, effects=effects)


def _long_overdue() -> None:
    for days in (20, 38):
        boxes.sweep(END + days * DAY, reward_points=REWARD)
    assert credit.statement("r-an", now=END).deposit_fen == 0
    assert counter(now=END + 40 * DAY).refund_fen == 1000


@pytest.mark.parametrize(
    "way",
    [
        _at_the_counter,
        _at_a_station,
        _in_a_machine,
        _by_the_courier,
        _by_a_dispute,
        _long_overdue,
    ],
)
def test_whoever_takes_a_box_back_its_deposit_goes_back_once(
    it: Till, way: Callable[[], None]
) -> None:
    order = out(it, 0)
    way()
    assert deposits(order) == [(1000, "pending")]
    it.now += 41 * DAY
    assert given_back(it, order) == [1000]
    assert deposits(order) == [(1000, "succeeded")]
    assert audit_now() == []


def test_a_box_seen_before_its_delivery_was_told_is_paid_back_when_it_is(it: Till) -> None:
    seen("courier", "c-1", v.LATER)
    seen("store", v.STORES[0], END)
    order = out(it, 0)
    assert deposits(order) == []
    it.now = END + timedelta(hours=1)
    boxes.sweep(it.now, reward_points=REWARD)
    assert given_back(it, order) == [1000]


def test_boxes_that_come_back_together_are_one_refund_for_each_order(it: Till) -> None:
    mine, other = out(it, 0, 1), out(it, 2, who="r-bo")
    door = {"lon": v.HOME_LON, "lat": v.HOME_LAT, "building": "3"}
    asked = boxes.RequestEmpties.model_validate(
        {
            "id": uuid7(),
            "community_id": v.COMMUNITY,
            "slot_id": v.SLOT,
            "door": door,
            "box_count": 3,
        }
    )
    boxes.request_empties(asked, caller=v.resident("r-bo"), now=v.NOON)
    take(str(asked.id), [0, 1, 2])
    assert (given_back(it, mine), given_back(it, other)) == ([2000], [1000])


def test_boxes_that_come_back_one_by_one_are_refunded_one_by_one(it: Till) -> None:
    order = out(it, 0, 1)
    counter(0)
    counter(1)
    assert given_back(it, order) == [1000, 1000]


def test_what_came_in_cash_waits_until_a_keeper_has_paid_it_out(it: Till, db: Engine) -> None:
    order = out(it, 0, pay="cash")
    counter()
    assert deposits(order) == [(1000, "to_collect")]
    (waiting,) = payments.payouts(caller=NEXT_DOOR)
    assert (waiting.fen, waiting.resident_id, waiting.reason) == (1000, "r-an", "deposit")
    command = PayOut(id=uuid7(), store_id=v.STORES[1])
    for _ in range(2):
        told = payments.pay_out(
            order.order_id, waiting.refund_id, command, caller=NEXT_DOOR, now=END
        )
        assert told.state == "succeeded"
    assert payments.payouts(caller=NEXT_DOOR) == []
    again = PayOut(id=uuid7(), store_id=v.STORES[0])
    refused(
        db,
        payments.NothingToPayOut,
        lambda: payments.pay_out(order.order_id, waiting.refund_id, again, caller=KEEPER, now=END),
    )
    messages = [sk for _, sk in db.items(Table.PAYMENTS) if sk == f"MESSAGE#{waiting.refund_id}"]
    assert len(messages) == 1


@pytest.mark.parametrize(("days", "state"), [(359, "pending"), (361, "to_collect")])
def test_what_the_provider_no_longer_gives_back_is_a_persons_to_pay_out(
    it: Till, days: int, state: str
) -> None:
    order = out(it, 0)
    counter(now=v.NOON + days * DAY)
    assert deposits(order) == [(1000, state)]
    waiting = payments.payouts(caller=v.DISPATCHER)
    assert len(waiting) == (state == "to_collect")
    for each in waiting:
        word = PayOut(id=uuid7())
        payments.pay_out(order.order_id, each.refund_id, word, caller=v.DISPATCHER, now=END)
        assert deposits(order) == [(1000, "succeeded")]


def test_what_the_provider_declines_is_listed_for_a_person(it: Till) -> None:
    order = out(it, 0)
    counter()
    told = payments.payment(order.order_id, caller=v.resident("r-an"), parties=it.parties)
    (back,) = told.refunds
    row = payments.refunds.get(order.order_id, back.refund_id)
    assert row is not None
    it.book.trades.clear()  # The provider has forgotten the payment: it declines for good.
    payments.push.push(row, it.parties, it.now)
    (waiting,) = payments.payouts(caller=v.DISPATCHER)
    assert (waiting.state, waiting.fen) == ("stuck", 1000)
    assert waiting.failure
    word = PayOut(id=uuid7())
    payments.pay_out(order.order_id, waiting.refund_id, word, caller=v.DISPATCHER, now=END)
    assert payments.payouts(caller=v.DISPATCHER) == []


def test_a_payout_is_none_of_a_strangers_nor_of_the_owners_business(it: Till, db: Engine) -> None:
    order = out(it, 0, pay="cash")
    counter()
    (waiting,) = payments.payouts(caller=v.DISPATCHER)
    elsewhere = v.keeper(v.FAR_STORE)
    owner = v.DISPATCHER.__class__("r-an", v.DISPATCHER.grants)
    for caller, store_id in ((elsewhere, None), (elsewhere, v.STORES[0]), (owner, None)):
        word = PayOut(id=uuid7(), store_id=store_id)
        refused(
            db,
            NotFound,
            lambda word=word, caller=caller: payments.pay_out(  # type: ignore[misc]
                order.order_id, waiting.refund_id, word, caller=caller, now=END
            ),
        )
    assert payments.payouts(caller=v.resident("r-bo")) == []


def refused(db: Engine, expected: type[Refused], act: Callable[[], object]) -> None:
    before = db.everything()
    with pytest.raises(expected):
        act()
    assert db.everything() == before


def test_goodwill_leaves_the_deposit_to_its_owner(it: Till, db: Engine) -> None:
    order = out(it, 0)
    goods_fen = order.final_fen - 1000

    def concede(fen: int) -> None:
        command = RefundOrder(id=uuid7(), fen=fen, reason="complaint")
        payments.refund(command, order.order_id, caller=DISPATCHER, now=it.now, parties=it.parties)

    refused(db, RefundTooLarge, lambda: concede(goods_fen + 1))
    concede(goods_fen)
    counter()
    refused(db, RefundTooLarge, lambda: concede(1))
    assert sorted(given_back(it, order)) == sorted([goods_fen, 1000])


def test_what_was_conceded_before_the_goods_came_out_short_leaves_the_deposit(it: Till) -> None:
    order = lives.place({v.SKUS[0]: 3}, boxes=1, pay="online")
    told = payments.pay(
        wish(), order.order_id, caller=v.resident("r-an"), now=it.now, parties=it.parties
    )
    it.book.pay(it.handle_of(told.attempt_id), it.now)
    hear(it)
    generous = RefundOrder(id=uuid7(), fen=order.total_fen - 1000, reason="late")
    payments.refund(generous, order.order_id, caller=DISPATCHER, now=it.now, parties=it.parties)
    order = lives.frozen(orders.read(order.order_id))
    picking.pack(order, v.LATER, {v.SKUS[0]: {"units": 1}})
    picking.send_off(orders.read(order.order_id), v.LATER)
    lives.end(orders.read(order.order_id), box_ids=(v.box(0),))
    counter()
    it.now = END
    assert sum(given_back(it, order)) == order.total_fen


def test_a_deposit_is_owed_once_for_a_transfer_and_an_order(it: Till, db: Engine) -> None:
    order = out(it, 0)
    counter()
    transfer_id = next(
        item["transfer_id"]["S"]
        for item in db.items(Table.PAYMENTS).values()
        if "transfer_id" in item
    )
    deposit = Deposit(order.order_id, "r-an", v.COMMUNITY, transfer_id, 1000)

    def again() -> None:
        with transaction() as tx:
            payments.owe_deposit(tx, deposit, END)

    refused(db, AlreadyDone, again)


@pytest.mark.parametrize(
    ("damage", "guarantees"),
    [
        ("lost", {"I4", "I5"}),
        ("twice", {"I4", "I5"}),
        ("of another amount", {"I4", "I5"}),
    ],
)
def test_the_audits_miss_no_deposit(damage: str, guarantees: set[str]) -> None:
    with engine() as opened:
        v.furnish_quickly(opened, "deposits", _furnish)
        made = till(paying)
        made.now = v.NOON
        out(made, 0)
        counter()
        kept = opened.everything()
        rows = kept[Table.PAYMENTS]
        key = next(key for key in rows if key[1].startswith("REFUND#deposit"))
        if damage == "lost":
            del rows[key]
        elif damage == "twice":
            rows[key[0], "REFUND#again"] = rows[key] | {"sk": {"S": "REFUND#again"}}
        else:
            rows[key]["fen"] = {"N": "900"}
        opened.restore(kept)
        assert {each.split()[0] for each in audit_now()} == guarantees
