"""Money that goes back: never more than came, once for each refund, whatever the provider says."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from linli import payments
from linli.kernel.errors import AlreadyDone, IdReused, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.payments import Refund, RefundOrder, RefundState
from linli.payments.model import AmountMismatch, RefundTooLarge
from linli.payments.provider import RefundResult, RefundStatus
from tests.support.engine import Engine, engine
from tests.support.paying import DISPATCHER, KEEPER, Till, resident, till, wish

R = RefundState
MINUTE = timedelta(minutes=1)
FEN = 5000


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        yield opened
        assert payments.breaches() == []


@pytest.fixture
def it(db: Engine) -> Till:
    return till()


@pytest.fixture
def order_id(it: Till) -> str:
    """An order of 5000 fen that was paid."""
    return paid(it)


def paid(it: Till) -> str:
    order_id, command = it.shop.place(fen=FEN), wish()
    payments.pay(command, order_id, caller=resident(), now=it.now, parties=it.parties)
    it.book.pay(it.handle_of(command.id), it.now)
    hear(it)
    return order_id


def hear(it: Till) -> None:
    while it.notices:
        _, body = it.notices.pop(0)
        payments.take(it.headers(), body, parties=it.parties, now=it.now)


def sweep(it: Till) -> dict[str, int]:
    it.now += MINUTE
    return payments.sweep(it.parties, lambda: it.now)


def ask(fen: int, refund_id: UUID | None = None) -> RefundOrder:
    return RefundOrder(id=refund_id or uuid7(), fen=fen, reason="short_pick")


def refund(it: Till, order_id: str, command: RefundOrder, by: Caller = DISPATCHER) -> Refund:
    return payments.refund(command, order_id, caller=by, now=it.now, parties=it.parties)


def stands(it: Till, order_id: str) -> tuple[int, int, int]:
    told = payments.payment(order_id, caller=resident(), parties=it.parties)
    return told.captured_fen, told.refunding_fen, told.refunded_fen


def refused(db: Engine, expected: type[Refused], act: Any) -> None:
    before = db.everything()
    with pytest.raises(expected):
        act()
    assert db.everything() == before, "a refusal changed something"


def test_a_part_goes_back_and_its_message_is_told_once(it: Till, db: Engine, order_id: str) -> None:
    command = ask(1200)
    assert refund(it, order_id, command).state is R.ACCEPTED
    assert stands(it, order_id) == (FEN, 1200, 0)
    it.now += MINUTE
    it.book.settle_refunds(it.now)
    it.notices *= 5
    hear(it)
    assert stands(it, order_id) == (FEN, 0, 1200)
    messages = [sk for _, sk in db.items(Table.PAYMENTS) if sk == f"MESSAGE#{command.id}"]
    assert len(messages) == 1
    assert payments.breaches({order_id: FEN - 1200}, [order_id]) == []


def test_the_same_refund_sent_again_pays_once(it: Till, order_id: str) -> None:
    command = ask(1200)
    for _ in range(3):
        refund(it, order_id, command)
    assert stands(it, order_id) == (FEN, 1200, 0)
    assert len(it.book.refunds) == 1


def test_an_id_is_for_one_refund(it: Till, db: Engine, order_id: str) -> None:
    command = ask(1200)
    refund(it, order_id, command)
    refused(db, IdReused, lambda: refund(it, order_id, ask(1300, command.id)))


def test_refunds_together_never_exceed_what_was_paid(it: Till, db: Engine, order_id: str) -> None:
    refund(it, order_id, ask(3000))
    refused(db, RefundTooLarge, lambda: refund(it, order_id, ask(2001)))
    refund(it, order_id, ask(2000))
    refused(db, RefundTooLarge, lambda: refund(it, order_id, ask(1)))
    it.now += MINUTE
    it.book.settle_refunds(it.now)
    hear(it)
    assert stands(it, order_id) == (FEN, 0, FEN)
    told = payments.payment(order_id, caller=resident(), parties=it.parties)
    assert told.state == "refunded"


def test_what_was_not_paid_can_not_go_back(it: Till, db: Engine) -> None:
    order_id = it.shop.place()
    refused(db, RefundTooLarge, lambda: refund(it, order_id, ask(1)))
    command = wish()
    payments.pay(command, order_id, caller=resident(), now=it.now, parties=it.parties)
    refused(db, RefundTooLarge, lambda: refund(it, order_id, ask(1)))


@pytest.mark.parametrize("fen", [0, -1, 10**9, 1.5, "12"])
def test_only_whole_sensible_amounts_go_back(fen: Any) -> None:
    with pytest.raises(ValidationError):
        RefundOrder(id=uuid7(), fen=fen, reason="other")


# Who may.


def test_a_store_pays_back_at_most_what_its_own_goods_cost(
    it: Till, db: Engine, order_id: str
) -> None:
    refused(db, RefundTooLarge, lambda: refund(it, order_id, ask(2501), KEEPER))
    refund(it, order_id, ask(2000), KEEPER)
    refused(db, RefundTooLarge, lambda: refund(it, order_id, ask(501), KEEPER))
    refund(it, order_id, ask(500), KEEPER)


@pytest.mark.parametrize(
    "who",
    [
        Caller("d-2", frozenset({(Role.DISPATCHER, "elsewhere")})),
        Caller("k-2", frozenset({(Role.STORE, "6901234500031")})),
        Caller("r-1", frozenset({(Role.DISPATCHER, "wulin")})),
    ],
    ids=["a foreign dispatcher", "a store without part in it", "who ordered it"],
)
def test_to_anybody_else_the_order_is_missing(
    it: Till, db: Engine, order_id: str, who: Caller
) -> None:
    refused(db, NotFound, lambda: refund(it, order_id, ask(1), who))
    refused(db, NotFound, lambda: refund(it, str(uuid7()), ask(1)))


# The provider.


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_refund_whose_answer_was_lost_goes_back_once(it: Till, order_id: str, when: str) -> None:
    it.client.trouble = lambda call: when if call == "refund" else None
    assert refund(it, order_id, ask(1200)).state is R.PENDING
    it.client.trouble = lambda call: None
    sweep(it)
    sweep(it)
    it.book.settle_refunds(it.now)
    it.notices.clear()
    it.now += timedelta(minutes=10)
    sweep(it)
    assert stands(it, order_id) == (FEN, 0, 1200)
    assert [b.fen for b in it.book.refunds.values()] == [1200]


def test_a_refund_that_the_provider_closed_is_asked_for_under_a_new_number(
    it: Till, order_id: str
) -> None:
    command = ask(1200)
    refund(it, order_id, command)
    it.book.settle_refund(f"{command.id}-0", "CLOSED")
    hear(it)
    for _ in range(3):
        sweep(it)
    assert f"{command.id}-1" in it.book.refunds
    it.book.settle_refunds(it.now)
    hear(it)
    assert stands(it, order_id) == (FEN, 0, 1200)


def test_a_notification_alone_never_starts_a_second_refund(it: Till, order_id: str) -> None:
    command = ask(1200)
    refund(it, order_id, command)
    it.book.settle_refund(f"{command.id}-0", "SUCCESS")
    genuine = it.notices.pop()
    closed = (genuine[0], genuine[1].replace("SUCCESS", "CLOSED").replace("EV-", "EV-0"))
    it.notices += [closed, genuine, closed]
    hear(it)
    sweep(it)
    assert list(it.book.refunds) == [f"{command.id}-0"]
    assert stands(it, order_id) == (FEN, 0, 1200)


def test_a_refund_that_no_bank_takes_waits_for_a_person_and_stays_owed(
    it: Till, order_id: str
) -> None:
    command = ask(1200)
    refund(it, order_id, command)
    it.book.settle_refund(f"{command.id}-0", "ABNORMAL")
    hear(it)
    sweep(it)
    assert refund(it, order_id, command).state is R.STUCK
    assert stands(it, order_id) == (FEN, 1200, 0)
    it.book.refunds[f"{command.id}-0"].status = "SUCCESS"  # By hand, at the provider's own page.
    row = payments.refunds.get(order_id, str(command.id))
    assert row is not None
    done = payments.push.record(row, RefundResult(RefundStatus.SUCCEEDED, 1200), it.now)
    assert done.state == R.SUCCEEDED
    assert stands(it, order_id) == (FEN, 0, 1200)


@pytest.mark.parametrize(
    "late", [RefundStatus.PROCESSING, RefundStatus.CLOSED, RefundStatus.MISSING]
)
def test_a_late_answer_moves_no_refund_back(
    it: Till, db: Engine, order_id: str, late: RefundStatus
) -> None:
    command = ask(1200)
    refund(it, order_id, command)
    seen_before = payments.refunds.get(order_id, str(command.id))
    assert seen_before is not None
    it.book.settle_refund(f"{command.id}-0", "SUCCESS")
    hear(it)
    after = db.everything()
    assert payments.push.record(seen_before, RefundResult(late), it.now).state == R.SUCCEEDED
    again = RefundResult(RefundStatus.SUCCEEDED, 1200)
    assert payments.push.record(seen_before, again, it.now).state == R.SUCCEEDED
    assert db.everything() == after


def test_another_amount_than_asked_for_is_not_believed(it: Till, db: Engine, order_id: str) -> None:
    command = ask(1200)
    refund(it, order_id, command)
    row = payments.refunds.get(order_id, str(command.id))
    assert row is not None
    wrong = RefundResult(RefundStatus.SUCCEEDED, 1199)
    refused(db, AmountMismatch, lambda: payments.push.record(row, wrong, it.now))


# Owed by an order's own end, and in cash.


def turn(it: Till, order_id: str, fen: int, version: int) -> None:
    """A turn of the order by which it costs `fen` less."""
    with transaction() as tx:
        payments.request_refund(
            tx, order_id=order_id, fen=fen, reason="cancelled", now=it.now, version=version
        )


def test_what_a_turn_of_the_order_asks_for_goes_back_once_by_the_sweeper(
    it: Till, order_id: str
) -> None:
    turn(it, order_id, 1500, 3)
    turn(it, order_id, 500, 4)
    with pytest.raises(AlreadyDone):
        turn(it, order_id, 500, 4)
    sweep(it)
    it.book.settle_refunds(it.now)
    hear(it)
    assert stands(it, order_id) == (FEN, 0, 2000)
    assert payments.breaches({order_id: FEN - 2000}, [order_id]) == []


def test_what_was_conceded_counts_towards_what_an_order_gives_back(it: Till, order_id: str) -> None:
    refund(it, order_id, ask(1000))
    turn(it, order_id, FEN, 3)
    assert stands(it, order_id) == (FEN, FEN, 0)
    turn(it, order_id, 1, 4)
    assert stands(it, order_id) == (FEN, FEN, 0), "nothing is left"


def test_an_order_that_was_not_paid_asks_for_nothing(it: Till, db: Engine) -> None:
    order_id = it.shop.place()
    before = db.everything()
    turn(it, order_id, 100, 1)
    assert db.everything() == before


def test_cash_goes_back_by_hand_and_at_once(it: Till) -> None:
    order_id = it.shop.place(fen=FEN)
    with transaction() as tx:
        payments.collect(
            tx, order_id=order_id, resident_id="r-1", community_id="wulin", fen=FEN, now=it.now
        )
    assert refund(it, order_id, ask(700)).state is R.SUCCEEDED
    assert stands(it, order_id) == (FEN, 0, 700)
    assert it.book.refunds == {}
    assert sweep(it) == {}
