"""Coupons with orders: held in the order's write, used or let go with it, never used twice."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from linli import audit, credit, orders
from linli.kernel.errors import Refused
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.orders import Order
from tests.support import picking
from tests.support import village as v
from tests.support.engine import Engine, engine

PRICE = v.PRICES_FEN[v.SKUS[1]]
SLOT_FEN = 1200


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish({(v.STORES[0], sku): 50 for sku in v.SKUS}, fen=SLOT_FEN)
        yield opened
        assert violations() == []


def violations() -> list[str]:
    """What the audits find of what credit answers for."""
    found = audit.run(20, sleep=lambda seconds: None)
    return [f"{each.guarantee}: {f.what}" for each in found for f in each.violations]


def coupon(kind: str, who: str = "r-an", source: str | None = None, now: Any = v.NOON) -> str:
    """A new coupon's id."""
    source = source or str(uuid7())
    with transaction() as tx:
        credit.grant_coupon(tx, who, kind, source, now)
    return credit.coupon_id(source)


def place(who: str = "r-an", now: datetime = v.NOON, **more: Any) -> Order:
    command = v.wish(None, {v.SKUS[1]: 2}, **more)
    return orders.place(command, caller=v.resident(who), now=now, settings=v.SETTINGS)


def state(coupon_id: str, who: str = "r-an") -> str:
    return next(c.state.value for c in credit.list_coupons(who) if c.id == coupon_id)


@pytest.mark.parametrize(
    ("kind", "off_fen"), [("yuan_20", 2000), ("delivery", 800), ("priority_slot", SLOT_FEN)]
)
def test_a_coupon_takes_off_what_its_terms_say(db: Engine, kind: str, off_fen: int) -> None:
    order = place(coupons=[coupon(kind)])
    assert order.coupon_fen == off_fen
    assert order.total_fen == 2 * PRICE + SLOT_FEN - off_fen
    assert order.priority == (kind == "priority_slot")


def test_a_coupon_for_a_product_pays_one_unit_of_it(db: Engine) -> None:
    terms = credit.Terms(sku=v.SKUS[1])
    with transaction() as tx:
        credit.grant_coupon(tx, "r-an", "organic_fertiliser", "s", v.NOON, terms)
    assert place(coupons=[credit.coupon_id("s")]).coupon_fen == PRICE


def test_a_coupon_never_takes_off_more_than_there_is(db: Engine) -> None:
    command = v.wish(None, {v.SKUS[0]: 1}, coupons=[coupon("yuan_20")])
    order = orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)
    assert (order.coupon_fen, order.total_fen) == (v.PRICES_FEN[v.SKUS[0]], SLOT_FEN)


def test_one_source_grants_one_coupon_however_often_it_is_told(db: Engine) -> None:
    first = coupon("yuan_20", source="tenth return")
    place(coupons=[first])
    coupon("yuan_20", source="tenth return", now=v.NOON + timedelta(days=9))
    assert [(c.id, c.state.value) for c in credit.list_coupons("r-an")] == [(first, "held")]


def test_an_order_holds_its_coupons_and_gives_them_back_when_it_is_cancelled(db: Engine) -> None:
    mine = coupon("yuan_20")
    order = place(coupons=[mine])
    assert state(mine) == "held"
    orders.cancel(order.order_id, resident_id="r-an", now=v.NOON)
    assert state(mine) == "available"
    assert place(coupons=[mine]).coupon_fen == 2000


def test_a_coupon_whose_time_ran_out_with_an_order_expires_with_its_cancellation(
    db: Engine,
) -> None:
    mine = coupon("yuan_20", now=v.NOON - timedelta(days=90) + timedelta(minutes=1))
    order = place(coupons=[mine])
    later = v.NOON + timedelta(minutes=2)
    credit.sweep(later)
    assert state(mine) == "held", "an order that was promised keeps its price"
    orders.cancel(order.order_id, resident_id="r-an", now=later)
    assert state(mine) == "expired"


def test_an_order_that_is_not_paid_in_time_lets_its_coupon_go(db: Engine) -> None:
    mine = coupon("delivery")
    order = place(coupons=[mine], pay="online")
    orders.sweep(v.NOON + timedelta(hours=2))
    assert (orders.read(order.order_id).state, state(mine)) == ("expired", "available")


def test_a_delivered_order_has_used_its_coupons_and_the_programme_owes_the_merchant(
    db: Engine,
) -> None:
    v.give_points("r-an", 5)
    mine = coupon("yuan_20")
    order = place(coupons=[mine], spend_points=3)
    deliver(order)
    assert state(mine) == "used"
    orders.sweep(v.LATER + timedelta(days=2))
    assert orders.read(order.order_id).state == "closed"
    assert credit.audit().reimbursed_fen == {order.order_id: 2300}


def deliver(order: Order) -> None:
    orders.freeze(order.order_id, v.SLOT, v.LATER)
    picking.send_off(orders.read(order.order_id), v.LATER)
    orders.deliver(
        str(uuid7()),
        order.order_id,
        courier_id="c-1",
        outcome="delivered",
        box_ids=[],
        at=v.LATER,
        now=v.LATER,
    )


def used(db: Engine) -> str:
    mine = coupon("yuan_20")
    deliver(place(coupons=[mine]))
    return mine


def expired(db: Engine) -> str:
    return coupon("yuan_20", now=v.NOON - timedelta(days=90))


def held(db: Engine) -> str:
    mine = coupon("yuan_20")
    place(coupons=[mine])
    return mine


def strangers(db: Engine) -> str:
    return coupon("yuan_20", who="r-bo")


def made_up(db: Engine) -> str:
    return "0" * 32


@pytest.mark.parametrize("bad", [used, expired, held, strangers, made_up])
def test_a_coupon_that_is_not_there_to_be_used_refuses_the_order_for_ever(
    db: Engine, bad: Any
) -> None:
    command = v.wish(None, {v.SKUS[1]: 1}, coupons=[bad(db)])
    before = db.everything()
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)
        assert refusal.value.code == "coupon_unavailable"
    after = db.everything()
    del after[Table.ORDERS][str(command.id), "ORDER"]
    assert after == before


@pytest.mark.parametrize("kinds", [["organic_fertiliser"], ["yuan_20", "yuan_20"]])
def test_a_coupon_that_does_not_fit_is_refused_rather_than_wasted(
    db: Engine, kinds: list[str]
) -> None:
    with pytest.raises(credit.CouponUseless):
        place(coupons=[coupon(kind) for kind in kinds])


def at_once(*acts: Any) -> list[Any]:
    """What each of `acts` answers or raises, run at the same moment."""
    start = Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def run(n: int) -> None:
        start.wait()
        try:
            answers[n] = acts[n]()
        except Exception as refusal:
            answers[n] = refusal

    threads = [Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_coupon_in_two_orders_at_once_is_spent_once(db: Engine) -> None:
    for _ in range(8):
        mine = coupon("yuan_20")
        answers = at_once(*[lambda mine=mine: place(coupons=[mine])] * 2)
        assert sum(isinstance(each, Order) for each in answers) == 1
        assert sorted(getattr(each, "code", "") for each in answers)[1] == "coupon_unavailable"


def test_an_order_cancelled_at_the_moment_its_coupon_expires_leaves_it_expired(
    db: Engine,
) -> None:
    later = v.NOON + timedelta(minutes=5)
    for n in range(8):
        mine = coupon("yuan_20", now=v.NOON - timedelta(days=90) + timedelta(minutes=1 + n % 5))
        order_id = place(coupons=[mine]).order_id
        cancel = lambda order_id=order_id: orders.cancel(  # noqa: E731
            order_id, resident_id="r-an", now=later
        )
        answers = at_once(cancel, lambda: credit.sweep(later))
        assert isinstance(answers[0], Order), answers
        credit.sweep(later)
        assert state(mine) == "expired"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"state": {"S": "available"}}, "coupon: it is"),
        ({"order_id": {"S": "another"}}, "coupon: it is"),
    ],
)
def test_the_audit_sees_a_coupon_that_does_not_know_its_order(
    change: dict[str, Any], says: str
) -> None:
    with engine() as db:
        v.furnish({(v.STORES[0], sku): 50 for sku in v.SKUS})
        mine = coupon("yuan_20")
        place(coupons=[mine])
        assert violations() == []
        db.damage(Table.LEDGER, ("COUPONS#r-an", mine), lambda item: item.update(change))
        assert any(says in each for each in violations())


def test_the_audit_sees_a_merchant_who_is_owed_another_sum() -> None:
    with engine() as db:
        v.furnish({(v.STORES[0], sku): 50 for sku in v.SKUS})
        deliver(place(coupons=[coupon("yuan_20")]))
        orders.sweep(v.LATER + timedelta(days=2))
        assert violations() == []
        for key in db.items(Table.LEDGER):
            if key[0].startswith("TRANSFERS#merchant/"):
                db.damage(Table.LEDGER, key, lambda i: i.update(posted_units={"N": "1"}))
        assert any("merchants are owed" in each for each in violations())


def meanwhile(db: Engine, operation: str, act: Any) -> None:
    """Let `act` happen just before the next call of this operation."""

    def hook(called: str) -> None:
        if called == operation:
            db.before_call = lambda _: None
            act()

    db.before_call = hook


ENDED = v.NOON + timedelta(days=91)


def test_an_order_that_takes_a_coupon_between_a_sweepers_look_and_its_write_keeps_it(
    db: Engine,
) -> None:
    mine = coupon("yuan_20")
    meanwhile(db, "TransactWriteItems", lambda: place(coupons=[mine]))
    with pytest.raises(ExceptionGroup):
        credit.sweep(ENDED)
    assert state(mine) == "held"
    credit.sweep(ENDED)
    assert state(mine) == "held"


def test_an_order_that_takes_a_coupon_before_a_sweepers_look_keeps_it(db: Engine) -> None:
    mine = coupon("yuan_20")
    meanwhile(db, "GetItem", lambda: place(coupons=[mine]))
    credit.sweep(ENDED)
    assert state(mine) == "held"


def test_points_that_an_order_takes_between_a_sweepers_look_and_its_write_stay_held(
    db: Engine,
) -> None:
    v.give_points("r-an", 9)
    late = v.NOON + timedelta(days=430)
    meanwhile(db, "TransactWriteItems", lambda: place(spend_points=4))
    with pytest.raises(ExceptionGroup):
        credit.sweep(late)
    assert credit.statement("r-an", now=late).balance_points == 9
    credit.sweep(late)
    statement = credit.statement("r-an", now=late)
    assert (statement.balance_points, statement.held_points) == (4, 4)


def test_two_sweepers_at_once_expire_points_once(db: Engine) -> None:
    v.give_points("r-an", 9)
    late = v.NOON + timedelta(days=430)
    meanwhile(db, "TransactWriteItems", lambda: credit.sweep(late))
    credit.sweep(late)
    statement = credit.statement("r-an", now=late)
    assert [(e.reason, e.points) for e in statement.entries] == [
        ("expired", -9),
        ("helped_elder", 9),
    ]


def test_an_order_that_changes_keeps_its_coupon_and_what_it_takes_off(db: Engine) -> None:
    mine = coupon("yuan_20")
    order = place(coupons=[mine])
    lines = [{"sku": v.SKUS[1], "units": 4}]
    command = orders.ChangeLines.model_validate({"id": str(uuid7()), "lines": lines})
    changed = orders.change(
        order.order_id, command, resident_id="r-an", now=v.NOON, settings=v.SETTINGS
    )
    assert changed.total_fen == 4 * PRICE + SLOT_FEN - 2000
    assert state(mine) == "held"


@pytest.mark.parametrize("taken", [False, True])
def test_an_order_that_is_paid_late_has_its_coupon_again_if_nobody_took_it(
    db: Engine, taken: bool
) -> None:
    mine = coupon("yuan_20")
    order = place(coupons=[mine], pay="online")
    orders.sweep(v.NOON + timedelta(hours=1))
    if taken:
        place(coupons=[mine], now=v.NOON + timedelta(hours=1))
    late = v.NOON + timedelta(hours=1, minutes=1)
    assert orders.revive(order.order_id, late, v.SETTINGS) is not taken
    assert state(mine) == "held"
