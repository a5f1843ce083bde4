"""Attempts are judged before the provider hears of them; what was held moves by a word only."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import payments, risk
from linli.kernel.errors import Conflict, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.payments import Attempt, AttemptState, NoLongerPayable, PayOrder, Review
from linli.payments.model import PaymentBlocked, PaymentUnderWay
from linli.risk import Kind, Subject
from tests.support.engine import Engine, engine
from tests.support.paying import DISPATCHER, NOW, PAY_MINUTES, Till, resident, till, wish

S = AttemptState
FAR = {"lon": 121.47, "lat": 31.23}
LARGE = 250_000


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        yield opened
        assert payments.breaches() == []


@pytest.fixture
def it(db: Engine) -> Till:
    return till()


def pay(it: Till, order_id: str, command: PayOrder, subject: str = "r-1") -> Attempt:
    return payments.pay(command, order_id, caller=resident(subject), now=it.now, parties=it.parties)


def hold(it: Till, **more: Any) -> tuple[str, PayOrder]:
    """An order whose attempt risk holds: the first one, very large, from far away."""
    order_id, command = it.shop.place(fen=LARGE), wish(device_at=FAR, **more)
    attempt = pay(it, order_id, command)
    assert attempt.state is S.HELD
    assert it.client.calls == [], "the provider has not heard of it"
    return order_id, command


def word(**more: Any) -> Review:
    return Review.model_validate({"id": uuid7(), "reason": "called the resident"} | more)


def release(it: Till, command: PayOrder, review: Review, by: Caller = DISPATCHER) -> Attempt:
    return payments.release(str(command.id), review, caller=by, now=it.now, parties=it.parties)


def reject(it: Till, command: PayOrder, review: Review) -> Attempt:
    return payments.reject(str(command.id), review, caller=DISPATCHER, now=it.now)


def refused(db: Engine, expected: type[Refused], act: Any) -> None:
    before = db.everything()
    with pytest.raises(expected):
        act()
    assert db.everything() == before, "a refusal changed something"


def block(it: Till, *kinds: Kind, device: str = "device-0001", payer: str | None = None) -> None:
    with transaction() as tx:
        risk.block(
            tx,
            Subject.of("r-1", device, payer),
            kinds,
            by="d",
            reason="-",
            attempt_id="-",
            now=NOW,
        )


@pytest.mark.parametrize(
    ("kind", "more"),
    [("resident", {}), ("device", {}), ("card", {"payer_id": "openid-1"})],
)
def test_who_is_on_the_blocked_list_never_reaches_the_provider(
    it: Till, kind: Kind, more: dict[str, Any]
) -> None:
    block(it, kind, payer="openid-1")
    order_id, command = it.shop.place(), wish(**more)
    for _ in range(2):
        with pytest.raises(PaymentBlocked):
            pay(it, order_id, command)
    assert it.client.calls == []
    assert risk.attempts_counted("resident") == 1, "a resend counts nothing"
    assert it.shop.state(order_id) == "unpaid"


def test_a_blocked_attempt_takes_nobodys_place(it: Till) -> None:
    block(it, "device")
    order_id = it.shop.place()
    with pytest.raises(PaymentBlocked):
        pay(it, order_id, wish())
    assert pay(it, order_id, wish(device_id="device-0002")).state is S.CREATED


def test_what_is_held_is_seen_with_its_reasons_by_its_dispatchers_only(it: Till) -> None:
    _, command = hold(it)
    seen = payments.held(caller=DISPATCHER, ruleset=it.parties.ruleset)
    assert [each.attempt_id for each in seen] == [str(command.id)]
    assert seen[0].points == sum(reason.points for reason in seen[0].reasons)
    assert {reason.rule for reason in seen[0].reasons} >= {"very_large_amount", "far_away"}
    elsewhere = Caller("d-2", frozenset({(Role.DISPATCHER, "elsewhere")}))
    assert payments.held(caller=elsewhere, ruleset=it.parties.ruleset) == []


def test_what_is_held_is_not_shipped_and_its_order_is_kept(it: Till) -> None:
    order_id, _ = hold(it)
    assert it.shop.state(order_id) == "unpaid"
    assert payments.breaches(shipped=[order_id]) != []
    pay_by = NOW + timedelta(minutes=PAY_MINUTES)
    assert payments.extended(order_id, pay_by) == NOW + timedelta(minutes=30)


def test_the_resident_is_not_told_why(it: Till) -> None:
    order_id, _ = hold(it)
    told = payments.payment(order_id, caller=resident(), parties=it.parties)
    assert "reason" not in told.model_dump_json()
    assert "points" not in told.model_dump_json()


def test_no_other_attempt_begins_while_one_is_held(it: Till, db: Engine) -> None:
    order_id, command = hold(it)
    with pytest.raises(PaymentUnderWay) as refusal:
        pay(it, order_id, wish())
    assert refusal.value.fields == {"attempt_id": str(command.id)}


def test_a_released_attempt_goes_on_to_the_provider(it: Till) -> None:
    order_id, command = hold(it)
    review = word()
    assert release(it, command, review).state is S.CREATED
    assert release(it, command, review).state is S.CREATED, "sent again"
    it.book.pay(it.handle_of(command.id), it.now)
    _, body = it.notices.pop()
    payments.take(it.headers(), body, parties=it.parties, now=it.now)
    assert it.shop.state(order_id) == "paid"


def test_a_rejected_attempt_is_over_and_its_device_blocked(it: Till) -> None:
    _, command = hold(it)
    review = word(block=["device"])
    assert reject(it, command, review).state is S.REJECTED
    assert reject(it, command, review).state is S.REJECTED, "sent again"
    with pytest.raises(PaymentBlocked):
        pay(it, it.shop.place(), wish())
    other = wish(device_id="device-0002")
    assert pay(it, it.shop.place(), other).state is S.CREATED
    assert payments.held(caller=DISPATCHER, ruleset=it.parties.ruleset) == []


def test_the_first_word_stands(it: Till, db: Engine) -> None:
    _, command = hold(it)
    reject(it, command, word())
    refused(db, Conflict, lambda: release(it, command, word()))
    refused(db, Conflict, lambda: reject(it, command, word()))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (Caller("d-2", frozenset({(Role.DISPATCHER, "elsewhere")})), NotFound),
        (Caller("r-1", frozenset({(Role.DISPATCHER, "wulin")})), Conflict),
    ],
    ids=["a foreign dispatcher", "who made it"],
)
def test_only_a_dispatcher_of_the_community_judges_and_nobody_their_own(
    it: Till, db: Engine, who: Caller, expected: type[Refused]
) -> None:
    _, command = hold(it)
    refused(db, expected, lambda: release(it, command, word(), who))
    refused(db, NotFound, lambda: release(it, wish(), word()))


def test_a_review_that_nobody_makes_ends_at_its_deadline(it: Till) -> None:
    order_id, command = hold(it)
    it.now += timedelta(minutes=29)
    assert payments.sweep(it.parties, lambda: it.now) == {}
    it.now += timedelta(minutes=1)
    assert payments.sweep(it.parties, lambda: it.now) == {"closed": 1}
    with pytest.raises(Conflict):
        release(it, command, word())
    assert it.client.calls == []
    assert payments.extended(order_id, it.now) == it.now


def test_what_is_released_too_late_stays_where_it_is(it: Till, db: Engine) -> None:
    order_id, command = hold(it)
    it.shop.cancel(order_id)
    refused(db, NoLongerPayable, lambda: release(it, command, word()))


def test_a_regular_customer_is_known_by_what_was_paid_and_with_which_device(it: Till) -> None:
    subject = Subject.of("r-1", "device-0001", None)
    for _ in range(10):
        with transaction() as tx:
            risk.remember(tx, subject.resident, subject.device, 5000, it.now)
    order_id = it.shop.place(fen=5500)
    attempt = pay(it, order_id, wish())
    row = payments.attempts.get(order_id, attempt.attempt_id)
    assert row is not None
    assert int(row.points) == 0
    assert '"known_customer"' in (row.score or "")


def test_nothing_that_is_counted_names_a_person_or_a_device(it: Till, db: Engine) -> None:
    pay(it, it.shop.place(), wish(payer_id="openid-1", payer_phone="+8613911112222"))
    kept = {
        key: item
        for key, item in db.items(Table.PAYMENTS).items()
        if not key[0].startswith("ORDER#")
    }
    for secret in ("r-1", "device-0001", "openid-1", "+8613911112222"):
        assert secret not in repr(kept)
    assert "+8613911112222" not in repr(db.items(Table.PAYMENTS)), "phones are compared, not kept"
