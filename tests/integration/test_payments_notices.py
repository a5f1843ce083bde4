"""Notifications: late, repeated, out of order, forged, of nothing that we know."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import payments
from linli.kernel.errors import NotFound, Refused
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.payments import AttemptState, PayOrder
from linli.payments.model import ForgedNotification, StaleNotification
from tests.support.engine import Engine, engine
from tests.support.paying import Till, resident, till, wish

S = AttemptState


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        yield opened
        assert payments.breaches() == []


@pytest.fixture
def it(db: Engine) -> Till:
    return till()


def begin(it: Till) -> tuple[str, PayOrder]:
    order_id, command = it.shop.place(), wish()
    payments.pay(command, order_id, caller=resident(), now=it.now, parties=it.parties)
    return order_id, command


def take(it: Till, body: str, **headers: str) -> None:
    given = {name: value for name, value in (it.headers() | headers).items() if value}
    payments.take(given, body, parties=it.parties, now=it.now)


def changed(body: str, **resource: Any) -> str:
    told = json.loads(body)
    told["resource"] |= resource
    told["id"] = f"{told['id']}-{sorted(resource)}"
    return json.dumps(told)


def state(it: Till, order_id: str) -> AttemptState:
    told = payments.payment(order_id, caller=resident(), parties=it.parties)
    return told.attempts[-1].state


def refused(db: Engine, expected: type[Refused], act: Any) -> None:
    before = db.everything()
    with pytest.raises(expected):
        act()
    assert db.everything() == before, "a refusal changed something"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"wechatpay-signature": "bad"}, ForgedNotification),
        ({"wechatpay-signature": ""}, ForgedNotification),
        ({"Wechatpay-Serial": "PUB_KEY_ID_2"}, ForgedNotification),
        ({"Wechatpay-Serial": ""}, ForgedNotification),
        ({"Wechatpay-Timestamp": "soon"}, ForgedNotification),
        ({"Wechatpay-Timestamp": "0"}, StaleNotification),
        ({"Wechatpay-Timestamp": "99999999999"}, StaleNotification),
    ],
)
def test_what_the_provider_did_not_sign_now_is_not_believed(
    it: Till, db: Engine, headers: dict[str, str], expected: type[Refused]
) -> None:
    order_id, command = begin(it)
    it.book.pay(it.handle_of(command.id), it.now)
    _, body = it.notices.pop()
    refused(db, expected, lambda: take(it, body, **headers))
    assert it.shop.state(order_id) == "unpaid"


def test_a_genuine_notification_replayed_later_is_stale(it: Till, db: Engine) -> None:
    order_id, command = begin(it)
    it.book.pay(it.handle_of(command.id), it.now)
    headers, body = it.notices.pop()
    payments.take(headers, body, parties=it.parties, now=it.now + timedelta(minutes=5))
    late = it.now + timedelta(minutes=5, seconds=1)
    refused(
        db,
        StaleNotification,
        lambda: payments.take(headers, body, parties=it.parties, now=late),
    )
    assert it.shop.state(order_id) == "paid"


@pytest.mark.parametrize(
    "resource",
    [
        {"mchid": "1900000002"},
        {"out_trade_no": "no number of ours"},
        {"trade_state": "MAYBE"},
        {"amount": None},
        {"amount": {}},
    ],
    ids=lambda resource: next(iter(resource)),
)
def test_a_notification_for_somebody_else_or_without_sense_is_refused(
    it: Till, db: Engine, resource: dict[str, Any]
) -> None:
    _, command = begin(it)
    it.book.pay(it.handle_of(command.id), it.now)
    _, body = it.notices.pop()
    refused(db, ForgedNotification, lambda: take(it, changed(body, **resource)))


@pytest.mark.parametrize("body", ["", "null", "[]", "{}", '"x"', '{"resource": 1}', "{" * 9])
def test_no_body_makes_more_than_a_refusal(it: Till, db: Engine, body: str) -> None:
    refused(db, ForgedNotification, lambda: take(it, body))


def test_a_notification_of_an_unknown_attempt_is_refused(it: Till, db: Engine) -> None:
    _, command = begin(it)
    it.book.pay(it.handle_of(command.id), it.now)
    _, body = it.notices.pop()
    refused(db, NotFound, lambda: take(it, changed(body, out_trade_no=uuid7().hex)))


@pytest.mark.parametrize("first", ["CLOSED", "PAYERROR", "NOTPAY"])
def test_what_is_told_out_of_order_moves_nothing_back(it: Till, first: str) -> None:
    order_id, command = begin(it)
    it.book.pay(it.handle_of(command.id), it.now)
    _, genuine = it.notices.pop()
    take(it, changed(genuine, trade_state=first))
    assert state(it, order_id) is S.CREATED, "only asked for sooner"
    take(it, genuine)
    take(it, changed(genuine, trade_state=first, summary="again"))
    assert state(it, order_id) is S.SUCCEEDED
    assert payments.sweep(it.parties, lambda: it.now) == {}


def test_a_notification_of_no_success_only_makes_us_ask_sooner(it: Till) -> None:
    _, command = begin(it)
    it.book.pay(it.handle_of(command.id), it.now)
    _, genuine = it.notices.pop()
    assert payments.sweep(it.parties, lambda: it.now) == {}, "not due yet"
    take(it, changed(genuine, trade_state="CLOSED"))
    assert payments.sweep(it.parties, lambda: it.now) == {"succeeded": 1}


def test_money_after_closing_is_money_all_the_same(it: Till) -> None:
    order_id, command = begin(it)
    row = payments.attempts.get(order_id, str(command.id))
    assert row is not None
    assert payments.ask.look(row, it.parties, it.now, closing=True).state == S.CLOSED
    it.book.pay_despite(command.id.hex, it.now)
    _, body = it.notices.pop()
    take(it, body)
    assert state(it, order_id) is S.SUCCEEDED
    assert it.shop.state(order_id) == "paid"


def test_the_same_notification_leaves_one_trace(it: Till, db: Engine) -> None:
    _, command = begin(it)
    it.book.pay(it.handle_of(command.id), it.now)
    _, body = it.notices.pop()
    take(it, body)
    after = db.items(Table.PAYMENTS)
    for _ in range(4):
        take(it, body)
    assert db.items(Table.PAYMENTS) == after
