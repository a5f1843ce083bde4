"""What I5 says of damaged books: every damage is found, and named by its order."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from linli import orders, payments, stock
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.payments import Review
from linli.presale import paying
from tests.support import presales as p
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.paying import DISPATCHER, SUSPICIOUS_PHONE, heal, hear, till, wish
from tests.support.world import audit_now

ORDER_ID, PRESALE_ID = uuid7(), uuid7()
ORDER, PRESALE = str(ORDER_ID), str(PRESALE_ID)
Damage = Callable[[Engine], None]


@pytest.fixture
def db() -> Iterator[Engine]:
    """An order that was held, released, paid and partly conceded; a presale that is paid."""
    with engine() as opened:
        p.furnish()
        p.announce()
        stock.receive(v.receipt(uuid7(), v.STORES[0], v.SKUS[1], 3), by="k", now=v.NOON)
        home = v.HOME | {"contact_phone": "+8613800000000"}
        command = v.wish(ORDER_ID, {v.SKUS[1]: 2}, pay="online", deliver_to=home)
        caller = v.resident("r-an")
        orders.place(command, caller=caller, now=v.NOON, settings=v.SETTINGS)
        p.place({p.SKUS[0]: 2}, order_id=PRESALE_ID, pay="online")
        it = till(paying)
        it.now = v.NOON
        wishes = {ORDER: wish(payer_phone=SUSPICIOUS_PHONE), PRESALE: wish()}
        for order_id, tap in wishes.items():
            told = payments.pay(tap, order_id, caller=caller, now=it.now, parties=it.parties)
            if told.state == "held_for_review":
                word = Review(id=uuid7(), reason="called")
                payments.release(
                    told.attempt_id, word, caller=DISPATCHER, now=it.now, parties=it.parties
                )
            it.book.pay(it.handle_of(told.attempt_id), it.now)
        hear(it)
        refund = payments.RefundOrder(id=uuid7(), fen=100, reason="late")
        payments.refund(refund, ORDER, caller=DISPATCHER, now=it.now, parties=it.parties)
        heal(it)
        assert audit_now() == []
        yield opened


def change(table: Table, pk: str, sk: str, **values: Any) -> Damage:
    """Set attributes of the item whose sort key begins so; None: take them away."""

    def damage(db: Engine) -> None:
        key = next(key for key in db.items(table) if key[0] == pk and key[1].startswith(sk))

        def spoil(item: dict[str, Any]) -> None:
            for name, value in values.items():
                item.pop(name, None)
                if value is not None:
                    item[name] = value

        db.damage(table, key, spoil)

    return damage


def lose(sk: str) -> Damage:
    def damage(db: Engine) -> None:
        kept = db.everything()
        rows = kept[Table.PAYMENTS]
        del rows[next(k for k in rows if k[0] == f"ORDER#{ORDER}" and k[1].startswith(sk))]
        db.restore(kept)

    return damage


MINE = f"ORDER#{ORDER}"
BOOKS = Table.PAYMENTS


@pytest.mark.parametrize(
    ("damage", "order_id"),
    [
        (change(BOOKS, MINE, "PAYMENT", captured_fen={"N": "2561"}), ORDER),
        (change(BOOKS, MINE, "PAYMENT", refunded_fen={"N": "0"}), ORDER),
        (change(BOOKS, MINE, "PAYMENT", refundable_fen={"N": "1"}), ORDER),
        (change(BOOKS, MINE, "PAYMENT", captured_by=None), ORDER),
        (change(BOOKS, MINE, "ATTEMPT", state={"S": "closed"}), ORDER),
        (change(BOOKS, MINE, "ATTEMPT", reviewed_by=None), ORDER),
        (change(BOOKS, MINE, "REFUND", conceded={"BOOL": False}), ORDER),
        (change(BOOKS, f"ORDER#{PRESALE}", "PAYMENT", captured_fen={"N": "0"}), PRESALE),
        (change(Table.PRESALES, f"ORDER#{PRESALE}", "ORDER", paid_fen={"N": "0"}), PRESALE),
        (change(Table.ORDERS, ORDER, "ORDER", payment={"S": "due"}), ORDER),
        (change(Table.ORDERS, ORDER, "ORDER", state={"S": "packed"}, payment={"S": "due"}), ORDER),
        (lose("MESSAGE"), ORDER),
        (lose("REFUND"), ORDER),
        (lose("ATTEMPT"), ORDER),
    ],
    ids=[
        *("captured less", "not refunded", "refundable twice", "captured by nothing"),
        *("attempt closed", "reviewed by nobody", "refund not conceded"),
        *("presale not captured", "presale not paid", "order not paid", "packed unpaid"),
        *("no message", "no refund", "no attempt"),
    ],
)
def test_damaged_books_are_found_and_named(db: Engine, damage: Damage, order_id: str) -> None:
    damage(db)
    found = [each for each in audit_now() if each.startswith("I5 violated")]
    assert found
    assert all(order_id in each for each in found), found


def test_an_order_that_is_shipped_unpaid_is_found(db: Engine) -> None:
    change(Table.ORDERS, ORDER, "ORDER", state={"S": "handed_over"}, payment={"S": "due"})(db)
    assert any("handed_over, and not paid" in each for each in audit_now())
