"""
Payments and orders under schedules and faults: no fen is lost, doubled or kept for nothing.

Residents pay one order from two devices, the bank lets money go over, notifications are copied and
shuffled, the sweeper runs beside them; orders expire, are cancelled when paid or not, are held
again if the goods are still there; presales are paid, cancelled and closed, and nothing comes;
dispatchers judge and pay back. Calls to the provider take time too: somebody else may move before
and after each of them.
"""

from datetime import timedelta
from uuid import UUID

import pytest

from linli import orders, payments, presale, stock
from linli.kernel.ids import uuid7
from linli.payments import PayOrder, RefundOrder, Review
from linli.presale import paying as paying_of
from tests.simulation.mutants import Mutant, applied
from tests.support import presales as p
from tests.support import village as v
from tests.support.paying import (
    DISPATCHER,
    SUSPICIOUS_PHONE,
    Till,
    differences,
    heal,
    may_be_lost,
    resident,
    till,
    wish,
)
from tests.support.world import FIRST_SEED, SEEDS, Request, World, audit_now, first_caught, play

PARTS = 4
SEEDS_A_FLOW = SEEDS or 30
SHELF = v.STORES[0], v.SKUS[1]
SHARD = "0"
"""The last digit of the orders' ids, so that the sweeper need not look at fifteen empty shards."""
UNIT_FEN = v.PRICES_FEN[v.SKUS[1]]


def paying(w: World) -> None:
    """Two orders, and a third that wants what they give up; or a presale order; see above."""
    w.furnish("paying 4", _furnish)
    it = till(paying_of)
    it.shards = SHARD
    presold = [_presold(w)] if w.chance(0.35) else []
    order_ids = [*presold, *(_placed(w) for _ in range(2 - len(presold)))]
    it.client.trouble = lambda call: _on_the_wire(w)
    for n, order_id in enumerate(order_ids):
        for m in range(2):
            _tries(w, it, f"{n} {m}", order_id)
            refund = _refund(w, it, f"refund {n} {m}", order_id)
            w.client(refund.name, *[_sweep(w, it, f"before {n} {m}")] * 3, refund, refund)
        if w.chance(0.6):
            how = w.rng.choice(("cancel", "expire", "expire"))
            end = _end_presale(order_id, how) if order_id in presold else _end(w, order_id, how)
            w.client(f"end {n}", *[_sweep(w, it, f"wait {n}")] * w.rng.randint(0, 3), end)
    if w.chance(0.5):
        w.client("grabber", *[_sweep(w, it, "grab")] * 2, _grab(w))
    w.client("bank", *[_deliver(w, it, f"deliver {n}") for n in range(5)])
    w.client("sweeper", *[_sweep(w, it, f"sweep {n}") for n in range(4)])
    w.run()
    try:
        heal(it)
        if presold:  # Nothing comes before the cut-off: whoever paid has it back.
            it.now = p.CUTOFF
            presale.close_presales(it.now)
            heal(it)
    except Exception as error:
        w.violations.append(f"healing: {error!r}")
    w.violations += differences(it, order_ids) + audit_now()


def _tries(w: World, it: Till, name: str, order_id: str) -> None:
    """Somebody tries to pay an order with one device, and is judged, perhaps."""
    more = {"payer_phone": SUSPICIOUS_PHONE} if w.chance(0.2) else {}
    command = wish(w.id(), device_id=f"device-{name.replace(' ', '')}00", **more)
    pay = _pay(it, f"pay {name}", order_id, command)
    later = [_sweep(w, it, f"meanwhile {name}")] * w.rng.randint(0, 3)
    w.client(pay.name, pay, *later, _phone(w, it, command), pay)
    if w.chance(0.4):
        w.client(f"{pay.name} again", pay)
    if w.chance(0.3):
        word = _word(w, it, f"word {name}", command, w.chance(0.7))
        w.client(word.name, pay, word)


def _furnish() -> None:
    """Four units for orders at once, and a presale."""
    p.furnish()
    p.announce()
    stock.receive(v.receipt(uuid7(), *SHELF, 4), by="k", now=v.NOON)
    v.warm()


def _presold(w: World) -> str:
    """A presale order of two units, to be paid online until its cycle closes."""
    order_id = UUID(int=w.id().int & ~0xF | int(SHARD, 16))
    return p.place({p.SKUS[1]: 2}, "r-1", order_id, pay="online", deliver_to=HOME).order_id


def _end_presale(order_id: str, how: str) -> Request:
    def send() -> str:
        if how == "cancel":
            presale.cancel(order_id, resident_id="r-1", now=p.OPENS)
        else:
            presale.close_presales(p.CLOSES)
        return how

    return Request(f"{how} {order_id}", send)


def _placed(w: World) -> str:
    """An order of two units, to be paid online."""
    order_id = UUID(int=w.id().int & ~0xF | int(SHARD, 16))
    command = v.wish(order_id, {v.SKUS[1]: 2}, pay="online", deliver_to=HOME)
    who = resident()
    return orders.place(command, caller=who, now=v.NOON, settings=v.SETTINGS).order_id


HOME = v.HOME | {"contact_phone": "+8613800000000"}


def _grab(w: World) -> Request:
    """Somebody else takes what is free by then."""
    command = v.wish(w.id(), {v.SKUS[1]: 2})

    def send() -> str:
        caller = v.resident("r-bo")
        return orders.place(command, caller=caller, now=v.NOON, settings=v.SETTINGS).order_id

    return Request("grab it", send, final=None)


def _on_the_wire(w: World) -> str | None:
    """Somebody else may move while the provider is asked; its answer may be lost."""
    w.baton.hand_over()
    if w.baton.holder is None or not w.chance(w.trouble):
        return None
    return w.rng.choice(["before", "after"])


def _pay(it: Till, name: str, order_id: str, command: PayOrder) -> Request:
    def send() -> str:
        who = resident()
        return payments.pay(
            command, order_id, caller=who, now=it.now, parties=it.parties
        ).attempt_id

    return Request(name, send)


def _phone(w: World, it: Till, command: PayOrder) -> Request:
    """The resident pays with what the phone was given, perhaps although it was closed."""

    def send() -> bool:
        w.baton.hand_over()
        trade = it.book.trades.get(command.id.hex)
        row = payments.attempts.find(str(command.id))
        if trade is not None and row.handle and w.baton.holder is not None:
            if trade.state == "CLOSED" and w.chance(0.9):
                it.book.pay_despite(trade.number, it.now)
            elif w.chance(0.8):
                it.book.pay(trade.prepay_ids[-1], it.now)
        return True

    return Request(f"phone {command.id}", send)


def _deliver(w: World, it: Till, name: str) -> Request:
    """Some notifications arrive, each up to three times, in any order."""

    def send() -> bool:
        w.baton.hand_over()
        if w.chance(0.5):
            it.book.settle_refunds(it.now)
        waiting, it.notices[:] = list(it.notices), []
        arriving = [
            notice
            for notice in waiting
            for _ in range(w.rng.randint(0 if may_be_lost(it, notice[1]) else 1, 3))
        ]
        w.rng.shuffle(arriving)
        for n, (_, body) in enumerate(arriving):
            left = arriving[n:]
            try:
                payments.take(it.headers(), body, parties=it.parties, now=it.now)
            except BaseException:
                it.notices += left
                raise
        return True

    return Request(name, send)


def _sweep(w: World, it: Till, name: str) -> Request:
    """The sweeper comes by: it goes on after an item's fault, but none comes from nowhere."""

    def send() -> bool:
        it.now += timedelta(seconds=20)
        before = w.hurt()
        done = it.sweep()
        assert not done.get("fault") or w.hurt() > before, done
        return True

    return Request(name, send)


def _end(w: World, order_id: str, how: str) -> Request:
    def send() -> str:
        if how == "cancel":
            orders.cancel(order_id, resident_id="r-1", now=v.NOON)
        else:
            orders.expire(order_id, v.NOON, at_cut_off=True)
        return how

    return Request(f"{how} {order_id}", send)


def _refund(w: World, it: Till, name: str, order_id: str) -> Request:
    command = RefundOrder(
        id=w.id(), fen=w.rng.choice([100, 400, 2 * UNIT_FEN]), reason="short_pick"
    )

    def send() -> UUID:
        payments.refund(command, order_id, caller=DISPATCHER, now=it.now, parties=it.parties)
        return command.id

    return Request(name, send)


def _word(w: World, it: Till, name: str, command: PayOrder, good: bool) -> Request:
    review = Review(id=w.id(), reason="-")

    def send() -> bool:
        attempt_id = str(command.id)
        if good:
            payments.release(attempt_id, review, caller=DISPATCHER, now=it.now, parties=it.parties)
        else:
            payments.reject(attempt_id, review, caller=DISPATCHER, now=it.now)
        return True

    return Request(name, send)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_schedule_and_no_fault_loses_or_doubles_money(part: int) -> None:
    caught = first_caught(paying, range(FIRST_SEED + part, FIRST_SEED + SEEDS_A_FLOW, PARTS))
    assert caught is None, f"LINLI_SEEDS=1 LINLI_FIRST_SEED={caught[0]}: {caught[1]}"


def test_a_seed_is_one_schedule_of_payments() -> None:
    one, again, other = (play(paying, seed) for seed in (7, 7, 8))
    assert one.baton.trace == again.baton.trace != other.baton.trace
    assert one.answers == again.answers


SETTLE, PAY = "linli.payments.settle", "linli.payments.pay"
MUTANTS = (
    Mutant(
        "an attempt succeeds from any state",
        "paying",
        "linli.payments.attempts",
        "            *changes,\n        ],\n        condition=AttemptRow.state == row.state,\n",
        "            *changes,\n        ],\n",
    ),
    Mutant(
        "the order is not told",
        "paying",
        SETTLE,
        "        parties.orders.mark_paid(tx, order_in(row.pk), now, fen)\n",
        "",
    ),
    Mutant(
        "money for an order that is gone is kept",
        "paying",
        SETTLE,
        '        _send_back(row, result, "order_gone", now, notice_id)\n',
        "        return\n",
    ),
    Mutant(
        "several attempts are open at once",
        "paying",
        PAY,
        "        condition=PaymentRow.captured_by.does_not_exist()\n"
        "        & PaymentRow.open_attempt_id.does_not_exist(),\n",
        "        condition=PaymentRow.captured_by.does_not_exist(),\n",
    ),
    Mutant(
        "the provider is asked under another number each time",
        "paying",
        "linli.payments.rules",
        '    return f"{refund_id}-{round_}"\n',
        '    from uuid import uuid4\n\n    return f"{uuid4()}-{round_}"\n',
    ),
    Mutant(
        "refunds together may exceed what was paid",
        "paying",
        "linli.payments.refunds",
        "PaymentRow.refundable_fen >= owed.fen + owed.leaving_fen\n",
        "PaymentRow.pk.exists()\n",
    ),
    Mutant(
        "a closed attempt is believed to be closed for ever",
        "paying",
        SETTLE,
        "    if AttemptState(row.state) not in rules.SENT:\n",
        "    if row.state == AttemptState.CLOSED:\n",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_seeded_defect_of_payments_is_noticed(mutant: Mutant) -> None:
    with applied(mutant):
        caught = first_caught(paying, range(mutant.seeds))
    assert caught is not None, f"not noticed in {mutant.seeds} seeds"
