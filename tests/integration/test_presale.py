"""Presale from announcement to delivery, on the real use cases."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from linli import catalogue, orders, payments, presale, slots, stock
from linli.kernel.errors import IdReused, NotFound, Refused
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.payments.audit import books
from linli.presale import PutCycle, paying
from linli.stock.audit import booked
from tests.support import presales as p
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.money import capture
from tests.support.paying import heal, hear, till, wish
from tests.support.world import audit_now


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        p.furnish()
        yield opened
        assert audit_now() == []


def level(sku: str) -> stock.Level:
    return booked()[v.STORES[0], sku].level


def refused(code: str, change: Any) -> None:
    with pytest.raises(Refused) as caught:
        change()
    assert caught.value.code == code


def test_a_cycle_collects_for_three_days_unless_it_says_otherwise(db: Engine) -> None:
    assert p.announce().cut_off_at == p.CLOSES
    early = p.OPENS - timedelta(minutes=1)
    for now, code in ((early, "cycle_not_open"), (p.CLOSES, "cycle_not_open")):
        refused(
            code,
            lambda now=now: presale.place(
                p.wish({p.SKUS[0]: 1}), caller=v.resident("r-an"), now=now, settings=p.SETTINGS
            ),
        )


def test_demand_becomes_cases_then_inbound_then_orders_with_held_stock(db: Engine) -> None:
    p.announce()
    placed = [p.place({p.SKUS[0]: 5, p.SKUS[1]: 2}), p.place({p.SKUS[0]: 8}, "r-bo")]
    assert presale.close_presales(p.CLOSES - timedelta(seconds=1)) == []
    assert presale.close_presales(p.CLOSES) == [p.CYCLE]
    bought = {line.sku: line for line in presale.procurements(p.CYCLE)}
    assert [(b.demand_units, b.ordered_units) for b in bought.values()] == [(13, 24), (2, 12)]
    pool = stock.pool_for(v.wish().deliver_to.point, p.SKUS, catalogue.community_now(v.COMMUNITY))
    shown = stock.availability(pool, p.SKUS)[p.SKUS[0]][v.STORES[0]]
    assert (shown.inbound_units, shown.atp_units) == (24, 0)
    p.arrive(p.SKUS[0], 24)
    presale.close_presales(p.ARRIVES)
    # The second order is served; the first waits for its other line. Nobody else may have it.
    assert [presale.read_order(o.order_id).state for o in placed] == ["promised", "ordered"]
    assert (level(p.SKUS[0]).held_units, level(p.SKUS[0]).atp_units) == (8, 0)
    p.arrive(p.SKUS[1], 12)
    presale.close_presales(p.ARRIVES)
    for order in placed:
        real = orders.read(order.order_id, order.resident_id)
        assert (real.state, real.total_fen, real.slot_id) == ("placed", order.total_fen, p.SLOT)
        assert {line.sku: line.units for line in real.lines} == order.wanted
    # What the cases had more is everybody's.
    assert [level(sku).atp_units for sku in p.SKUS] == [24 - 13, 12 - 2]
    assert [level(sku).inbound_units for sku in p.SKUS] == [0, 0]
    assert presale.read_cycle(p.CYCLE)[0].state == "done"
    assert slots.read(p.SLOT).taken_orders == 2
    assert slots.read(p.SLOT).reserved_orders == 0
    before = db.everything()
    assert presale.close_presales(p.ARRIVES + timedelta(minutes=1)) == []
    assert db.everything() == before


def test_a_cycle_below_its_minimum_refunds_everyone_once(db: Engine) -> None:
    p.announce(minimum_fen=10_000)
    paid = p.place({p.SKUS[0]: 5}, pay="online")
    cash = p.place({p.SKUS[0]: 8}, "r-bo")
    pay(paid.order_id)
    for _ in range(2):
        presale.close_presales(p.CLOSES)
    assert presale.read_cycle(p.CYCLE)[0].state == "failed"
    ended = [presale.read_order(order.order_id) for order in (paid, cash)]
    assert [(o.state, o.why, o.refunded_fen) for o in ended] == [
        ("voided", "cycle_failed", paid.total_fen),
        ("voided", "cycle_failed", 0),
    ]
    assert presale.procurements(p.CYCLE) == []
    assert slots.read(p.SLOT).reserved_orders == 0
    assert [books()[o].kept_fen for o in books()] == [0]
    refunds = [k for k in db.items(Table.PAYMENTS) if k[1].startswith("REFUND")]
    assert refunds == [(f"ORDER#{paid.order_id}", f"REFUND#{paid.order_id}-0")]


def pay(order_id: str) -> None:
    with transaction() as tx:
        capture(tx, order_id, p.OPENS)


def test_what_is_not_paid_when_the_cycle_closes_is_not_bought(db: Engine) -> None:
    p.announce()
    unpaid = p.place({p.SKUS[0]: 5}, pay="online")
    p.place({p.SKUS[0]: 8}, "r-bo")
    presale.close_presales(p.CLOSES)
    assert presale.read_order(unpaid.order_id).why == "unpaid"
    assert [b.demand_units for b in presale.procurements(p.CYCLE)] == [8]
    refused("no_longer_payable", lambda: pay(unpaid.order_id))


def test_a_payment_that_comes_after_the_close_is_refused_even_before_the_decision(
    db: Engine,
) -> None:
    from linli.presale import close

    cycle = p.announce()
    unpaid = p.place({p.SKUS[0]: 5}, pay="online")
    close._freeze(cycle)
    refused("no_longer_payable", lambda: pay(unpaid.order_id))


def test_a_sku_that_too_few_want_is_not_bought_nor_the_orders_that_need_it(db: Engine) -> None:
    goods = p.cycle_body()["goods"]
    goods[0]["minimum_units"], goods[1]["minimum_units"] = 6, 2
    p.announce(goods=goods)
    few = p.place({p.SKUS[0]: 5, p.SKUS[1]: 2})
    # Without the first order the second SKU falls below its minimum, too.
    fewer = p.place({p.SKUS[1]: 1}, "r-bo")
    presale.close_presales(p.CLOSES)
    assert presale.read_cycle(p.CYCLE)[0].state == "failed"
    assert presale.read_order(few.order_id).state == "voided"
    assert presale.read_order(fewer.order_id).state == "voided"


def test_the_maximum_of_a_sku_and_the_slot_are_never_exceeded(db: Engine) -> None:
    p.announce()
    p.place({p.SKUS[0]: 20})
    refused("presale_sold_out", lambda: p.place({p.SKUS[0]: 11}, "r-bo"))
    p.place({p.SKUS[0]: 10}, "r-bo")
    refused("presale_sold_out", lambda: p.place({p.SKUS[0]: 1}, "r-bo"))
    assert presale.read_cycle(p.CYCLE)[2] == {p.SKUS[0]: 30, p.SKUS[1]: 0}
    slot = slots.read(p.SLOT)
    for _ in range(slot.capacity_orders):
        p.place({p.SKUS[1]: 1})
    refused("slot_full", lambda: p.place({p.SKUS[1]: 1}))


def test_a_resend_is_one_order_and_another_body_another_order(db: Engine) -> None:
    p.announce()
    order_id = uuid7()
    first, again = (p.place({p.SKUS[0]: 2}, order_id=order_id) for _ in range(2))
    assert first == again
    assert presale.read_cycle(p.CYCLE)[2][p.SKUS[0]] == 2
    with pytest.raises(IdReused):
        p.place({p.SKUS[0]: 3}, order_id=order_id)
    with pytest.raises(NotFound):
        presale.read_order(str(order_id), "r-bo")


def test_a_presale_is_cancelled_until_it_closes_and_paid_back(db: Engine) -> None:
    p.announce()
    order = p.place({p.SKUS[0]: 2}, pay="online")
    pay(order.order_id)
    for _ in range(2):
        ended = presale.cancel(order.order_id, resident_id="r-an", now=p.OPENS)
        assert (ended.state, ended.refunded_fen) == ("cancelled", order.total_fen)
    assert presale.read_cycle(p.CYCLE)[2][p.SKUS[0]] == 0
    late = p.place({p.SKUS[0]: 2})
    refused(
        "cycle_not_open",
        lambda: presale.cancel(late.order_id, resident_id="r-an", now=p.CLOSES),
    )
    with pytest.raises(NotFound):
        presale.cancel(late.order_id, resident_id="r-bo", now=p.OPENS)


def test_goods_that_do_not_come_before_the_cut_off_are_refunded(db: Engine) -> None:
    p.announce()
    order = p.place({p.SKUS[0]: 20}, pay="online")
    pay(order.order_id)
    presale.close_presales(p.CLOSES)
    p.arrive(p.SKUS[0], 12)
    presale.close_presales(p.CUTOFF)
    ended = presale.read_order(order.order_id)
    assert (ended.state, ended.why, ended.refunded_fen) == (
        "voided",
        "not_delivered",
        order.total_fen,
    )
    # What did come is everybody's, and nothing more is expected.
    assert (level(p.SKUS[0]).atp_units, level(p.SKUS[0]).inbound_units) == (12, 0)
    refused("cycle_not_open", lambda: p.arrive(p.SKUS[0], 12))


def test_arrivals_are_counted_once_and_never_beyond_what_was_bought(db: Engine) -> None:
    p.announce()
    p.place({p.SKUS[0]: 20})
    refused("cycle_not_open", lambda: p.arrive(p.SKUS[0], 1))
    presale.close_presales(p.CLOSES)
    same = uuid7()
    for _ in range(2):
        p.arrive(p.SKUS[0], 20, arrival_id=same)
    with pytest.raises(IdReused):
        p.arrive(p.SKUS[0], 4, arrival_id=same)
    refused("more_than_ordered", lambda: p.arrive(p.SKUS[0], 5))
    refused("not_in_cycle", lambda: p.arrive(p.SKUS[1], 1))
    refused("expired_goods", lambda: p.arrive(p.SKUS[0], 1, expires_on="2026-06-01"))
    with pytest.raises(NotFound):
        presale.arrive(p.arrival(p.SKUS[0], 1), caller=v.keeper(v.STORES[1]), now=p.ARRIVES)
    assert presale.procurements(p.CYCLE)[0].arrived_units == 20


def test_goods_that_expire_before_their_delivery_serve_no_presale(db: Engine) -> None:
    p.announce()
    order = p.place({p.SKUS[0]: 12})
    presale.close_presales(p.CLOSES)
    p.arrive(p.SKUS[0], 12, expires_on="2026-06-04")
    presale.close_presales(p.ARRIVES)
    assert presale.read_order(order.order_id).state == "promised"
    presale.close_presales(p.CUTOFF)
    assert presale.read_order(order.order_id).state == "voided"


def test_the_terms_of_a_cycle_stay_once_it_has_begun(db: Engine) -> None:
    p.announce()
    command = PutCycle.model_validate(p.cycle_body(minimum_fen=1))
    refused(
        "cycle_started",
        lambda: presale.put_cycle(p.CYCLE, command, now=p.OPENS, if_match=None),
    )
    early = p.OPENS - timedelta(minutes=30)
    refused(
        "precondition_required",
        lambda: presale.put_cycle(p.CYCLE, command, now=early, if_match=None),
    )
    _, seen, _ = presale.read_cycle(p.CYCLE)
    presale.put_cycle(p.CYCLE, command, now=early, if_match=seen)
    assert p.place({p.SKUS[0]: 1}).state == "promised"
    assert [c.cycle_id for c in presale.cycles_of(v.COMMUNITY)] == [p.CYCLE]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"store_id": v.FAR_STORE[:-1] + "0"}, None),
        ({"slot_id": "other.courier.20260605T1600"}, None),
        ({"goods": []}, None),
        ({"closes_at": "2026-05-31T12:00:00+08:00"}, None),
        ({"closes_at": "2026-06-05T12:00:00+08:00"}, "invalid"),
        ({"slot_id": f"{v.COMMUNITY}.courier.20260605T1700"}, "unknown_slot"),
        (
            {"opens_at": "2026-05-01T12:00:00+08:00", "closes_at": "2026-05-03T12:00:00+08:00"},
            "cycle_not_open",
        ),
        (
            {"goods": [{"sku": v.UNSOLD_SKU, "price_fen": 1, "maximum_units": 1}]},
            "unknown_sku",
        ),
    ],
)
def test_a_cycle_that_nobody_could_order_buy_or_deliver_is_refused(
    db: Engine, changed: dict[str, Any], code: str | None
) -> None:
    before = db.everything()
    if code is None:
        with pytest.raises(ValidationError):
            p.announce(**changed)
    else:
        refused(code, lambda: p.announce(**changed))
    assert db.everything() == before


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"cycle_id": "no-such"}, "unknown_cycle"),
        ({"deliver_to": {**v.HOME, "lon": 121.0, "lat": 31.0}}, "outside_every_pool"),
        ({"expected_total_fen": 1}, "price_changed"),
    ],
)
def test_a_presale_order_that_makes_no_sense_is_refused_for_ever_and_changes_nothing(
    db: Engine, more: dict[str, Any], code: str
) -> None:
    p.announce()
    before, same = db.everything(), uuid7()
    for _ in range(2):
        refused(code, lambda: p.place({p.SKUS[0]: 1}, order_id=same, **more))
    refused("id_reused", lambda: p.place({p.SKUS[0]: 2}, order_id=same, **more))
    refused(code, lambda: presale.read_order(str(same), "r-an"))
    refused("not_found", lambda: presale.read_order(str(same), "r-bo"))
    after = db.everything()
    after[Table.PRESALES].pop((f"ORDER#{same}", "ORDER"))
    assert after == before


def test_a_refused_presale_order_stays_refused_when_there_is_room_again(db: Engine) -> None:
    p.announce()
    most = p.place({p.SKUS[0]: 30}, "r-bo")
    same = uuid7()
    refused("presale_sold_out", lambda: p.place({p.SKUS[0]: 1}, order_id=same))
    presale.cancel(most.order_id, resident_id="r-bo", now=p.OPENS)
    refused("presale_sold_out", lambda: p.place({p.SKUS[0]: 1}, order_id=same))
    assert p.place({p.SKUS[0]: 1}).state == "promised"


def test_an_id_is_one_order_be_it_of_a_presale_or_not(db: Engine) -> None:
    p.announce()
    stock.receive(v.receipt(uuid7(), v.STORES[0], p.SKUS[1], 3), by="k", now=v.NOON)

    def order(order_id: UUID) -> None:
        command = v.wish(order_id, {p.SKUS[1]: 1})
        orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)

    first, second = uuid7(), uuid7()
    p.place({p.SKUS[0]: 12}, order_id=first)
    refused("id_reused", lambda: order(first))
    refused("not_found", lambda: orders.read(str(first), "r-an"))
    assert orders.of_resident("r-an") == []
    order(second)
    refused("id_reused", lambda: p.place({p.SKUS[0]: 1}, order_id=second))


def test_a_presale_that_was_paid_becomes_an_order_that_is_paid(db: Engine) -> None:
    """And its money is the order's: what is not picked, or is cancelled, goes back to the fen."""
    p.announce()
    order = p.place({p.SKUS[0]: 12}, pay="online")
    pay(order.order_id)
    refused("no_longer_payable", lambda: pay(order.order_id))
    presale.close_presales(p.CLOSES)
    p.arrive(p.SKUS[0], 12)
    presale.close_presales(p.ARRIVES)
    real = orders.read(order.order_id)
    assert (real.payment, real.progress.paid_fen) == ("paid", order.total_fen)
    assert books()[order.order_id].kept_fen == order.total_fen
    assert audit_now() == []
    orders.cancel(order.order_id, resident_id="r-an", now=p.ARRIVES)
    assert books()[order.order_id].kept_fen == 0


def test_a_presale_is_paid_until_its_cycle_closes_and_late_money_goes_back(db: Engine) -> None:
    """The provider's word decides, with the real use cases of payments."""
    p.announce()
    it = till(paying)
    it.now = p.OPENS
    early, late = (p.place({p.SKUS[0]: 2}, pay="online") for _ in range(2))
    attempts = {}
    for order in (early, late):
        told = payments.pay(
            wish(), order.order_id, caller=v.resident("r-an"), now=it.now, parties=it.parties
        )
        attempts[order.order_id] = told.attempt_id
        assert told.expires_at == rfc3339(p.OPENS + timedelta(hours=2)), "a handle is not for days"
    it.book.pay(it.handle_of(attempts[early.order_id]), it.now)
    hear(it)
    it.now = p.CLOSES
    presale.close_presales(p.CLOSES)
    it.book.pay_despite(UUID(attempts[late.order_id]).hex, it.now)
    hear(it)
    heal(it)
    states = [presale.read_order(order.order_id).state for order in (early, late)]
    assert states == ["promised", "voided"]
    kept = books()
    assert kept[early.order_id].kept_fen == early.total_fen
    assert kept[late.order_id].kept_fen == 0
    assert kept[late.order_id].messages == {attempts[late.order_id]}, "one outcome, one message"
    assert audit_now() == []


def test_everybody_of_a_cycle_that_failed_is_paid_back_by_the_provider_once(db: Engine) -> None:
    p.announce(minimum_fen=100_000)
    it = till(paying)
    it.now = p.OPENS
    placed = [p.place({p.SKUS[0]: 2}, who, pay="online") for who in v.RESIDENTS]
    for order in placed:
        told = payments.pay(
            wish(device_id=f"device-{order.resident_id}"),
            order.order_id,
            caller=v.resident(order.resident_id),
            now=it.now,
            parties=it.parties,
        )
        it.book.pay(it.handle_of(told.attempt_id), it.now)
    hear(it)
    it.now = p.CLOSES
    for _ in range(2):
        presale.close_presales(p.CLOSES)
    heal(it)
    backs = [back.fen for back in it.book.refunds.values() if back.status == "SUCCESS"]
    assert backs == [600] * 4
    assert {mine.kept_fen for mine in books().values()} == {0}
