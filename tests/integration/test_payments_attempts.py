"""Paying an order: one attempt at a time, one capture, whatever the provider does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from linli import orders, payments, risk
from linli.kernel.errors import AlreadyDone, Conflict, IdReused, NotFound, Refused
from linli.kernel.ids import uuid7
from linli.kernel.transact import transaction
from linli.orders import ChangeLines
from linli.payments import Attempt, AttemptState, NoLongerPayable, PayOrder, settle
from linli.payments.model import (
    AlreadyPaid,
    AmountMismatch,
    MethodUnavailable,
    NothingDue,
    PaymentUnderWay,
)
from linli.payments.provider import Result, Status
from linli.payments.rows import AttemptRow, attempt_sk, of_order
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.paying import NOW, PAY_MINUTES, Till, resident, till, wish
from tests.support.world import audit_now

S = AttemptState
MINUTE = timedelta(minutes=1)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        yield opened
        assert payments.breaches() == []


@pytest.fixture
def it(db: Engine) -> Till:
    return till()


def pay(it: Till, order_id: str, command: PayOrder, subject: str = "r-1") -> Attempt:
    caller = resident(subject)
    return payments.pay(command, order_id, caller=caller, now=it.now, parties=it.parties)


def begin(it: Till, order_id: str, **more: Any) -> tuple[PayOrder, Attempt]:
    """A new attempt, some seconds after whatever happened before."""
    it.now += timedelta(seconds=10)
    command = wish(**more)
    return command, pay(it, order_id, command)


def hear(it: Till) -> None:
    """Deliver the notifications that wait, signed now."""
    while it.notices:
        _, body = it.notices.pop(0)
        payments.take(it.headers(), body, parties=it.parties, now=it.now)


def sweep(it: Till, after: timedelta = MINUTE) -> dict[str, int]:
    it.now += after
    return payments.sweep(it.parties, lambda: it.now)


def stands(it: Till, order_id: str) -> payments.Payment:
    return payments.payment(order_id, caller=resident(), parties=it.parties)


def refused(db: Engine, expected: type[Refused], act: Any) -> None:
    before = db.everything()
    with pytest.raises(expected):
        act()
    assert db.everything() == before, "a refusal changed something"


def test_an_order_is_paid_by_the_notification_of_its_payment(it: Till) -> None:
    order_id = it.shop.place()
    command, attempt = begin(it, order_id)
    assert attempt.state is S.CREATED
    assert attempt.handle is not None
    assert attempt.handle["code_url"].endswith(it.handle_of(command.id))
    assert it.shop.state(order_id) == "unpaid"
    assert it.book.pay(it.handle_of(command.id), it.now)
    hear(it)
    assert it.shop.state(order_id) == "paid"
    told = stands(it, order_id)
    assert (told.state, told.captured_fen, told.due_fen) == ("captured", 5000, 5000)
    assert payments.breaches({order_id: 5000}, [order_id]) == []


def test_a_payment_whose_notification_is_lost_is_found_by_the_sweeper(it: Till) -> None:
    order_id = it.shop.place()
    command, _ = begin(it, order_id)
    it.book.pay(it.handle_of(command.id), it.now)
    it.notices.clear()
    assert sweep(it) == {"succeeded": 1}
    assert it.shop.state(order_id) == "paid"
    assert sweep(it) == {}, "nothing is left to be looked at"


def test_a_notification_that_comes_five_times_pays_once(it: Till, db: Engine) -> None:
    order_id = it.shop.place()
    command, _ = begin(it, order_id)
    it.book.pay(it.handle_of(command.id), it.now)
    it.notices *= 5
    hear(it)
    assert stands(it, order_id).captured_fen == 5000


def test_sending_an_attempt_again_goes_on_with_it(it: Till) -> None:
    order_id = it.shop.place()
    command, first = begin(it, order_id)
    assert pay(it, order_id, command) == first
    assert it.client.calls == ["pay"], "the provider was not asked again"
    assert risk.attempts_counted("resident") == 1
    it.book.pay(it.handle_of(command.id), it.now)
    hear(it)
    assert pay(it, order_id, command).state is S.SUCCEEDED


def test_an_id_is_for_one_attempt_of_one_order(it: Till, db: Engine) -> None:
    order_id, other = it.shop.place(), it.shop.place()
    command, _ = begin(it, order_id)
    changed = wish(command.id, device_id="device-0002")
    refused(db, IdReused, lambda: pay(it, order_id, changed))
    refused(db, IdReused, lambda: pay(it, other, wish(command.id)))


def test_a_foreign_order_can_not_be_paid_and_looks_as_missing(it: Till, db: Engine) -> None:
    order_id = it.shop.place("r-2")
    refused(db, NotFound, lambda: pay(it, order_id, wish()))
    refused(db, NotFound, lambda: pay(it, str(uuid7()), wish()))
    refused(db, NotFound, lambda: stands(it, order_id))
    command = wish()
    pay(it, order_id, command, "r-2")
    refused(db, NotFound, lambda: pay(it, order_id, command))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("expired", NoLongerPayable),
        ("cancelled", NoLongerPayable),
        ("cash", NoLongerPayable),
        ("paid", AlreadyPaid),
    ],
)
def test_only_an_order_that_waits_for_it_can_be_paid(
    it: Till, db: Engine, state: str, expected: type[Refused]
) -> None:
    order_id = it.shop.place()
    it.shop._move(order_id, "unpaid", state)
    refused(db, expected, lambda: pay(it, order_id, wish()))


def test_an_order_is_not_paid_after_its_time_nor_if_it_costs_nothing(it: Till, db: Engine) -> None:
    order_id, free = it.shop.place(), it.shop.place(fen=0)
    refused(db, NothingDue, lambda: pay(it, free, wish()))
    it.now += timedelta(minutes=PAY_MINUTES)
    refused(db, NoLongerPayable, lambda: pay(it, order_id, wish()))


def test_without_a_provider_nothing_is_paid_online(it: Till, db: Engine) -> None:
    order_id = it.shop.place()
    it.parties = replace(it.parties, provider=None)
    refused(db, MethodUnavailable, lambda: pay(it, order_id, wish()))


# A second attempt.


def test_a_second_attempt_closes_the_first_one_at_the_provider(it: Till) -> None:
    order_id = it.shop.place()
    first, _ = begin(it, order_id)
    second, attempt = begin(it, order_id)
    assert attempt.state is S.CREATED
    assert not it.book.pay(it.handle_of(first.id), it.now), "nobody can pay the first any more"
    assert it.book.pay(it.handle_of(second.id), it.now)
    hear(it)
    states = {a.attempt_id: a.state for a in stands(it, order_id).attempts}
    assert states == {str(first.id): S.CLOSED, str(second.id): S.SUCCEEDED}


def test_two_taps_at_once_do_not_close_one_another(it: Till, db: Engine) -> None:
    order_id = it.shop.place()
    first, _ = begin(it, order_id)
    it.now += timedelta(seconds=9)
    with pytest.raises(PaymentUnderWay) as refusal:
        pay(it, order_id, wish())
    assert refusal.value.fields == {"attempt_id": str(first.id)}
    assert it.book.pay(it.handle_of(first.id), it.now)


def test_a_second_attempt_finds_that_the_first_one_has_paid(it: Till) -> None:
    order_id = it.shop.place()
    first, _ = begin(it, order_id)
    it.book.pay(it.handle_of(first.id), it.now)
    it.now += MINUTE
    with pytest.raises(AlreadyPaid):
        pay(it, order_id, wish())
    assert it.shop.state(order_id) == "paid"


def test_a_second_attempt_waits_while_the_provider_does_not_close_the_first(it: Till) -> None:
    order_id = it.shop.place()
    first, _ = begin(it, order_id)
    it.client.trouble = lambda call: "before"
    with pytest.raises(PaymentUnderWay) as refusal:
        pay(it, order_id, wish())
    assert refusal.value.fields == {"attempt_id": str(first.id)}


def test_money_that_comes_twice_is_sent_back_once(it: Till) -> None:
    order_id = it.shop.place()
    first, _ = begin(it, order_id)
    second, _ = begin(it, order_id)
    it.book.pay(it.handle_of(second.id), it.now)
    it.book.pay_despite(first.id.hex, it.now)
    it.notices *= 3
    hear(it)
    told = stands(it, order_id)
    assert (told.captured_fen, told.refunding_fen, told.state) == (10000, 5000, "captured")
    sweep(it)
    it.book.settle_refunds(it.now)
    it.notices *= 3
    hear(it)
    told = stands(it, order_id)
    assert (told.refunding_fen, told.refunded_fen) == (0, 5000)
    assert payments.breaches({order_id: 5000}, [order_id]) == []


# Time-outs, outages, declines.


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_attempt_whose_answer_was_lost_is_healed_and_charges_once(it: Till, when: str) -> None:
    order_id = it.shop.place()
    it.client.trouble = lambda call: when
    command, attempt = begin(it, order_id)
    assert attempt.state is S.UNKNOWN
    it.client.trouble = lambda call: None
    assert sweep(it) == {"created": 1}
    told = stands(it, order_id).attempts[0]
    assert told.handle is not None
    assert list(it.book.trades) == [command.id.hex], "one order at the provider"
    it.book.pay(it.handle_of(command.id), it.now)
    hear(it)
    assert it.shop.state(order_id) == "paid"
    assert it.book.trades[command.id.hex].captures == 1


def test_an_outage_parks_the_attempt_and_keeps_its_order(it: Till, db: Engine) -> None:
    order_id = it.shop.place()
    pay_by = NOW + timedelta(minutes=PAY_MINUTES)
    it.client.trouble = lambda call: "before"
    command, _ = begin(it, order_id)
    for _ in range(40):
        sweep(it)
    assert it.now < payments.extended(order_id, pay_by) <= pay_by + timedelta(hours=2)
    it.client.trouble = lambda call: None
    it.now += timedelta(minutes=10)
    assert sweep(it) == {"created": 1}
    it.book.pay(it.handle_of(command.id), it.now)
    hear(it)
    assert it.shop.state(order_id) == "paid"


def test_an_outage_does_not_keep_an_order_for_ever(it: Till) -> None:
    order_id = it.shop.place()
    it.client.trouble = lambda call: "before"
    begin(it, order_id)
    for _ in range(40):
        sweep(it, 10 * MINUTE)
    assert payments.extended(order_id, NOW + timedelta(minutes=PAY_MINUTES)) <= it.now
    it.client.trouble = lambda call: None
    assert sweep(it, 10 * MINUTE) == {"closed": 1}


def test_what_the_provider_declines_has_failed_and_another_attempt_may_follow(it: Till) -> None:
    order_id = it.shop.place()
    command, _ = begin(it, order_id)
    it.book.decline(command.id.hex)
    assert sweep(it) == {"failed": 1}
    assert begin(it, order_id)[1].state is S.CREATED


def test_an_attempt_that_nobody_pays_is_closed_at_its_deadline(it: Till) -> None:
    order_id = it.shop.place()
    command, _ = begin(it, order_id)
    states = [sweep(it) for _ in range(PAY_MINUTES + 2)]
    assert states[-3:].count({"closed": 1}) == 1
    assert not it.book.pay(it.handle_of(command.id), it.now)


def test_whether_closing_or_paying_came_first_is_the_providers_to_say(it: Till) -> None:
    order_id = it.shop.place()
    command, _ = begin(it, order_id)
    handle = it.handle_of(command.id)

    def pays_at_the_last_moment(call: str) -> None:
        if call == "close":
            assert it.book.pay(handle, it.now - MINUTE)

    it.client.trouble = pays_at_the_last_moment
    it.notices.clear()
    row = payments.attempts.get(order_id, str(command.id))
    assert row is not None
    row = payments.ask.look(row, it.parties, it.now, closing=True)
    assert row.state == S.SUCCEEDED
    assert it.shop.state(order_id) == "paid"


# Paid late.


def test_an_expired_order_that_is_paid_late_is_held_again(it: Till) -> None:
    order_id = it.shop.place()
    command, _ = begin(it, order_id)
    it.shop.expire(order_id)
    it.book.pay(it.handle_of(command.id), it.now)
    hear(it)
    assert it.shop.state(order_id) == "paid"
    assert payments.breaches({order_id: 5000}, [order_id]) == []


@pytest.mark.parametrize("how", ["sold out", "cancelled"])
def test_money_for_an_order_that_is_gone_goes_back_by_itself(it: Till, how: str) -> None:
    order_id = it.shop.place()
    command, _ = begin(it, order_id)
    if how == "cancelled":
        it.shop.cancel(order_id)
    else:
        it.shop.expire(order_id)
        it.shop.sold_out = True
    it.book.pay(it.handle_of(command.id), it.now)
    hear(it)
    sweep(it)
    it.book.settle_refunds(it.now)
    hear(it)
    told = stands(it, order_id)
    assert (told.state, told.captured_fen, told.refunded_fen) == ("refunded", 5000, 5000)
    assert payments.breaches({order_id: 0}) == []


def test_money_for_what_an_order_no_longer_costs_goes_back(it: Till) -> None:
    order_id = it.shop.place()
    first, _ = begin(it, order_id)
    it.shop.reprice(order_id, 4000)
    second, attempt = begin(it, order_id)
    assert attempt.fen == 4000
    it.book.pay_despite(first.id.hex, it.now)
    hear(it)
    it.book.pay(it.handle_of(second.id), it.now)
    hear(it)
    assert stands(it, order_id).refunding_fen == 5000
    assert [r.reason for r in stands(it, order_id).refunds] == ["order_changed"]
    assert payments.breaches({order_id: 4000}, [order_id]) == []


# What must never be believed.


def test_another_amount_than_asked_for_changes_nothing(it: Till, db: Engine) -> None:
    order_id = it.shop.place()
    command, _ = begin(it, order_id)
    row = payments.attempts.get(order_id, str(command.id))
    assert row is not None
    wrong = Result(Status.SUCCEEDED, 4999, "4200")
    refused(db, AmountMismatch, lambda: settle.succeeded(row, wrong, it.parties, it.now))


def test_an_attempt_that_was_never_sent_can_not_succeed(it: Till, db: Engine) -> None:
    order_id = it.shop.place()
    command, _ = begin(it, order_id)
    with transaction() as tx:
        tx.update(
            AttemptRow(of_order(order_id), attempt_sk(str(command.id))),
            [AttemptRow.state.set(S.HELD.value)],
        )
    row = payments.attempts.get(order_id, str(command.id))
    assert row is not None
    paid = Result(Status.SUCCEEDED, 5000, "4200")
    refused(db, Conflict, lambda: settle.succeeded(row, paid, it.parties, it.now))


# Cash.


def collect(it: Till, order_id: str, fen: int) -> None:
    with transaction() as tx:
        payments.collect(
            tx, order_id=order_id, resident_id="r-1", community_id="wulin", fen=fen, now=it.now
        )


def test_cash_is_captured_at_the_hand_over_once(it: Till, db: Engine) -> None:
    order_id = it.shop.place()
    collect(it, order_id, 4200)
    told = stands(it, order_id)
    assert (told.state, told.captured_fen) == ("captured", 4200)
    refused(db, AlreadyDone, lambda: collect(it, order_id, 4200))
    assert payments.breaches({order_id: 4200}, [order_id]) == []


def test_an_order_that_costs_nothing_leaves_no_trace(it: Till, db: Engine) -> None:
    order_id = it.shop.place()
    before = db.everything()
    collect(it, order_id, 0)
    assert db.everything() == before


def test_who_paid_in_cash_is_known_the_next_time(it: Till) -> None:
    collect(it, it.shop.place(), 4200)
    order_id = it.shop.place()
    command, _ = begin(it, order_id)
    row = payments.attempts.get(order_id, str(command.id))
    assert row is not None
    assert '"new_device"' in (row.score or ""), "a customer, on a device that is new"


# With real orders.


def test_an_order_whose_payment_hangs_does_not_expire_until_the_cut_off(db: Engine) -> None:
    v.furnish({(v.STORES[0], v.SKUS[0]): 4})
    it = till(orders)
    wanted = [v.wish(lines={v.SKUS[0]: 1}, pay="online") for _ in range(2)]
    hangs, waits = (
        orders.place(each, caller=resident(), now=v.NOON, settings=v.SETTINGS).order_id
        for each in wanted
    )
    it.client.trouble = lambda call: "before"
    pay(it, hangs, wish())
    at = v.NOON + timedelta(minutes=20)
    assert orders.expire(hangs, at).state == "placed"
    assert orders.expire(waits, at).state == "expired"
    assert orders.expire(hangs, at, at_cut_off=True).state == "expired"


def test_a_paid_order_that_is_cancelled_or_comes_short_is_paid_back_to_the_fen(db: Engine) -> None:
    v.furnish({(v.STORES[0], v.SKUS[0]): 9})
    it = till(orders)
    placed = [v.wish(lines={v.SKUS[0]: 3}, pay="online") for _ in range(2)]
    gone, short = (
        orders.place(each, caller=resident(), now=v.NOON, settings=v.SETTINGS).order_id
        for each in placed
    )
    for order_id in (gone, short):
        command, _ = begin(it, order_id)
        it.book.pay(it.handle_of(command.id), it.now)
    hear(it)
    orders.cancel(gone, resident_id="r-1", now=it.now)
    lines = [{"sku": v.SKUS[0], "units": 2}]
    less = ChangeLines.model_validate({"id": uuid7(), "lines": lines})
    orders.change(short, less, resident_id="r-1", now=it.now, settings=v.SETTINGS)
    sweep(it)
    it.book.settle_refunds(it.now)
    hear(it)
    unit = v.PRICES_FEN[v.SKUS[0]]
    assert (stands(it, gone).state, stands(it, gone).refunded_fen) == ("refunded", 3 * unit)
    assert (stands(it, short).state, stands(it, short).refunded_fen) == ("captured", unit)
    assert audit_now() == []


def test_an_expired_order_that_is_paid_late_is_promised_anew_or_paid_back(db: Engine) -> None:
    v.furnish({(v.STORES[0], v.SKUS[0]): 2})
    it = till(orders)
    for taken in (False, True):
        wanted = v.wish(lines={v.SKUS[0]: 1}, pay="online")
        order = orders.place(wanted, caller=resident(), now=v.NOON, settings=v.SETTINGS)
        command, _ = begin(it, order.order_id)
        orders.expire(order.order_id, v.NOON, at_cut_off=True)
        if taken:
            orders.place(
                v.wish(lines={v.SKUS[0]: 1}),
                caller=v.resident("r-bo"),
                now=v.NOON,
                settings=v.SETTINGS,
            )
        it.book.pay(it.handle_of(command.id), it.now)
        hear(it)
        after = orders.read(order.order_id)
        assert (after.state, after.payment) == (("expired", "due") if taken else ("placed", "paid"))
    assert audit_now() == []
