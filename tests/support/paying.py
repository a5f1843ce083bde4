"""
What tests of payments share: orders that can be paid, and the provider in this process.

`Shop` keeps orders in a table of the engine and offers what payments ask of orders, with
real conditional writes. `direct` is the real adapter over the simulator's book, without a network
and cryptography; both can be given faults.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import requests
from pydantic import SecretStr
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli import payments, risk
from linli.kernel import reads
from linli.kernel.errors import NotFound, Refused
from linli.kernel.geography import Point
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.settings import Settings
from linli.kernel.tables import Row, Table
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.payments import Parties, PayOrder
from linli.payments.rows import DUE_SHARDS
from linli.payments.wechat import WechatPay
from linli.payments.wechat_client import WechatCredentials
from linli.risk import Rule, Ruleset
from local.wechatpay.book import Book, Reply

COMMUNITY = "wulin"
NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
PAY_MINUTES = 15
STORE, OTHER_STORE = "6901234500017", "6901234500024"
HOME = Point(120.16, 30.27)
DISPATCHER = Caller("d-1", frozenset({(Role.DISPATCHER, COMMUNITY)}))
KEEPER = Caller("k-1", frozenset({(Role.STORE, STORE)}))
CREDENTIALS = WechatCredentials(
    mchid="1900000001",
    appid="wx-test",
    serial_no="1",
    private_key=SecretStr("-"),
    apiv3_key=SecretStr("k" * 32),
    public_key="-",
    public_key_id="PUB_KEY_ID_1",
)


def resident(subject: str = "r-1") -> Caller:
    """A resident of the community."""
    return Caller(subject, frozenset({(Role.RESIDENT, COMMUNITY)}))


def wish(attempt_id: UUID | None = None, **more: Any) -> PayOrder:
    """An attempt to pay, by default from a device that shows a code."""
    plain = {"id": attempt_id or uuid7(), "method": "wechat_native", "device_id": "device-0001"}
    return PayOrder.model_validate(plain | more)


class ShopOrderRow(Row):
    """pk = <order id>, sk = TO_PAY: an order as far as paying goes."""

    table = Table.FLEET  # Any table that no audit of these tests reads whole.
    resident_id = UnicodeAttribute()
    total_fen = NumberAttribute()
    pay_by = UnicodeAttribute()
    state = UnicodeAttribute()


@dataclass(frozen=True)
class ShopPayable:
    """See `payments.Payable`."""

    total_fen: int
    pay_by: datetime | None
    state: str
    payment: str


class NotThis(Refused):
    """The order does not wait for this payment."""


@dataclass(frozen=True)
class _Source:
    store_id: str
    units: int


@dataclass(frozen=True)
class _Line:
    price_fen: int
    sources: tuple[_Source, ...]


@dataclass(frozen=True)
class _Home:
    point: Point = HOME
    contact_phone: str | None = "+8613800000000"


@dataclass(frozen=True)
class ShopOrder:
    """See `payments.PlacedOrder`."""

    people: frozenset[str]
    lines: tuple[_Line, ...]
    community_id: str = COMMUNITY
    deliver_to: _Home = field(default_factory=_Home)
    charged_deposit_fen: int = 0


class Shop:
    """See `payments.Orders`; `sold_out`: an expired order cannot be held again."""

    NoLongerPayable = NotThis

    def __init__(self) -> None:
        self.sold_out = False

    def place(
        self,
        resident_id: str = "r-1",
        fen: int = 5000,
        order_id: UUID | None = None,
        now: datetime = NOW,
    ) -> str:
        """An unpaid order, to be paid within a quarter of an hour."""
        key = str(order_id or uuid7())
        with transaction() as tx:
            row = ShopOrderRow(
                key,
                "TO_PAY",
                resident_id=resident_id,
                total_fen=fen,
                pay_by=rfc3339(now + timedelta(minutes=PAY_MINUTES)),
                state="unpaid",
            )
            tx.put(row)
        return key

    def state(self, order_id: str) -> str:
        """The order's state."""
        return str(self._row(order_id).state)

    def reprice(self, order_id: str, fen: int) -> None:
        """Let the order cost something else."""
        with transaction() as tx:
            tx.update(ShopOrderRow(order_id, "TO_PAY"), [ShopOrderRow.total_fen.set(fen)])

    def expire(self, order_id: str) -> None:
        """Let an unpaid order expire."""
        self._move(order_id, "unpaid", "expired")

    def cancel(self, order_id: str) -> None:
        """Cancel an unpaid order."""
        self._move(order_id, "unpaid", "cancelled")

    def _move(self, order_id: str, before: str, after: str) -> None:
        try:
            with transaction() as tx:
                tx.update(
                    ShopOrderRow(order_id, "TO_PAY"),
                    [ShopOrderRow.state.set(after)],
                    condition=ShopOrderRow.state == before,
                    refusal=NotThis(),
                )
        except NotThis:
            return

    def read(self, order_id: str, resident_id: str | None = None) -> ShopOrder:
        row = self._row(order_id, resident_id)
        half = int(row.total_fen) // 2
        ours, others = _Source(STORE, 1), _Source(OTHER_STORE, 1)
        return ShopOrder(
            frozenset({row.resident_id}), (_Line(half, (ours,)), _Line(half, (others,)))
        )

    def payable(self, order_id: str, resident_id: str) -> ShopPayable:
        row = self._row(order_id, resident_id)
        state = "placed" if row.state in ("unpaid", "paid", "cash") else str(row.state)
        payment = str(row.state) if row.state in ("paid", "cash") else "due"
        return ShopPayable(int(row.total_fen), parse_instant(row.pay_by), state, payment)

    def mark_paid(
        self, tx: Transaction, order_id: str, now: datetime, fen: int | None = None
    ) -> None:
        same = ShopOrderRow.total_fen == fen if fen is not None else ShopOrderRow.pk.exists()
        tx.update(
            ShopOrderRow(order_id, "TO_PAY"),
            [ShopOrderRow.state.set("paid")],
            condition=(ShopOrderRow.state == "unpaid") & same,
            refusal=NotThis(),
        )

    def conceded(
        self, tx: Transaction, order_id: str, refund_id: str, fen: int, now: datetime
    ) -> None:
        """Nobody earns by this shop's orders."""

    def revive(self, order_id: str, now: datetime, settings: Settings) -> bool:
        if self.state(order_id) == "expired" and not self.sold_out:
            self._move(order_id, "expired", "unpaid")
        return self.state(order_id) == "unpaid"

    def _row(self, order_id: str, resident_id: str | None = None) -> ShopOrderRow:
        row = reads.get(ShopOrderRow, order_id, "TO_PAY")
        if row is None or resident_id not in (None, row.resident_id):
            raise NotFound
        return row


Trouble = Callable[[str], str | None]
"""What goes wrong with a call (its method's name): None, `before` or `after` its effect."""


class Direct:
    """`wechat_client.Client` without network: the library's calls, answered by a book."""

    def __init__(self, book: Book, clock: Callable[[], datetime]) -> None:
        self.book, self.clock = book, clock
        self.trouble: Trouble = lambda call: None
        self.calls: list[str] = []

    def pay(self, **order: Any) -> tuple[int, str]:
        kind = order.pop("pay_type").name.lower()
        body = {name: value for name, value in order.items() if value is not None}
        body |= {
            "appid": self.book.appid,
            "mchid": self.book.mchid,
            "notify_url": "https://shop.example/notify",
        }
        return self._ask("pay", "POST", f"/v3/pay/transactions/{kind}", body)

    def query(self, *, out_trade_no: str) -> tuple[int, str]:
        return self._ask("query", "GET", f"/v3/pay/transactions/out-trade-no/{out_trade_no}", {})

    def close(self, out_trade_no: str) -> tuple[int, str]:
        path = f"/v3/pay/transactions/out-trade-no/{out_trade_no}/close"
        return self._ask("close", "POST", path, {"mchid": self.book.mchid})

    def refund(self, **refund: Any) -> tuple[int, str]:
        return self._ask("refund", "POST", "/v3/refund/domestic/refunds", refund)

    def query_refund(self, out_refund_no: str) -> tuple[int, str]:
        return self._ask("query_refund", "GET", f"/v3/refund/domestic/refunds/{out_refund_no}", {})

    def callback(self, headers: Mapping[str, str], body: str) -> dict[str, Any] | None:
        told: dict[str, Any] = json.loads(body)
        return told if headers.get("wechatpay-signature") == "good" else None

    def sign(self, data: list[str]) -> str:
        return "signed"

    def _ask(self, call: str, method: str, path: str, body: dict[str, Any]) -> tuple[int, str]:
        self.calls.append(call)
        trouble = self.trouble(call)
        if trouble == "before":
            raise requests.ConnectTimeout
        # The wire's own copy: the book must not share an object with us.
        reply: Reply = self.book.answer(method, path, json.loads(json.dumps(body)), self.clock())
        if trouble == "after":
            raise requests.ReadTimeout
        return reply.status, json.dumps(reply.body) if reply.body is not None else ""


@dataclass
class Till:
    """A shop, its provider, and the notifications that wait to be delivered."""

    shop: Shop
    book: Book
    client: Direct
    parties: Parties
    notices: list[tuple[dict[str, str], str]]
    now: datetime = NOW
    shards: str = DUE_SHARDS

    def sweep(self) -> dict[str, int]:
        """The sweeper comes by."""
        return payments.sweep(self.parties, lambda: self.now, shards=self.shards)

    def headers(self) -> dict[str, str]:
        """What a genuine notification carries now."""
        return {
            "Wechatpay-Serial": CREDENTIALS.public_key_id,
            "Wechatpay-Timestamp": str(int(self.now.timestamp())),
            "wechatpay-signature": "good",
        }

    def handle_of(self, attempt_id: object) -> str:
        """The provider's latest handle for an attempt, as the phone has it."""
        number = UUID(str(attempt_id)).hex
        return self.book.trades[number].prepay_ids[-1]


SUSPICIOUS_PHONE = "+8613911112222"
"""Whoever pays with this phone is held for review."""
_HOLD = {"id": "test_hold", "feature": "phone_mismatch", "at_least": 1, "points": 60}


def ruleset() -> Ruleset:
    """The rules in force, and one by which a test has an attempt held."""
    rules = risk.current()
    hold = Rule.model_validate(_HOLD | {"why_en": "-", "why_zh": "-"})
    return rules.model_copy(update={"rules": (*rules.rules, hold)})


def till(orders: payments.Orders | None = None) -> Till:
    """
    A new provider, and a new shop unless there are real `orders`; the engine must be open. Its
    clock is `till.now`; its sweeper looks at orders whose ids end with one of `till.shards`.
    """
    notices: list[tuple[dict[str, str], str]] = []
    number = iter(range(1, 10**9))
    made: list[Till] = []

    def notify(kind: str, resource: dict[str, Any], url: str) -> None:
        told = {"id": f"EV-{next(number)}", "event_type": kind, "resource": resource}
        notices.append((made[0].headers(), json.dumps(told)))

    book = Book(CREDENTIALS.mchid, CREDENTIALS.appid, notify)
    client = Direct(book, lambda: made[0].now)
    shop = Shop()
    provider = WechatPay(CREDENTIALS, client)
    parties = Parties(orders or shop, provider, ruleset(), Settings())
    made.append(Till(shop, book, client, parties, notices))
    return made[0]


def hear(it: Till) -> None:
    """Deliver the notifications that wait, signed now."""
    while it.notices:
        _, body = it.notices.pop(0)
        payments.take(it.headers(), body, parties=it.parties, now=it.now)


def may_be_lost(it: Till, body: str) -> bool:
    """
    Whether a notification may get lost for ever: our own question finds the same. Only money for
    an order that the provider itself had closed is told by nothing but its notification, which it
    repeats for a day.
    """
    number = json.loads(body)["resource"]["out_trade_no"]
    return not it.book.trades[number].despite


def heal(it: Till) -> None:
    """Let time pass without trouble until nothing is left to be done."""
    it.client.trouble = lambda call: None
    for _ in range(30):
        it.now += timedelta(minutes=11)
        done = it.sweep()
        assert not done.get("fault"), done
        it.book.settle_refunds(it.now)
        hear(it)


def differences(it: Till, order_ids: Iterable[str]) -> list[str]:
    """
    Where our books and the provider's differ, after healing: what it took and gave back, and that
    nothing is left open. With the shop's own orders, also what they cost and whether they are paid
    exactly if their money was kept; the audits tell that of real ones.
    """
    found, costs, shipped = [], {}, []
    for order_id in order_ids:
        told = payments.payment(order_id, caller=resident(), parties=it.parties)
        taken = sum(_taken(it, attempt.attempt_id) for attempt in told.attempts)
        given = sum(_given(it, attempt.attempt_id) for attempt in told.attempts)
        if told.captured_fen != taken:
            found.append(f"{order_id}: captured {told.captured_fen}, they took {taken}")
        if told.refunded_fen != given:
            found.append(f"{order_id}: they gave {given} back, we know of {told.refunded_fen}")
        if told.refunding_fen:
            found.append(f"{order_id}: {told.refunding_fen} are still on their way back")
        asked = sum(r.fen for r in told.refunds if not r.refund_id.endswith("-back"))
        paid = it.parties.orders is it.shop and it.shop.state(order_id) == "paid"
        costs[order_id] = (told.due_fen - asked) if paid else 0
        shipped += [order_id] if paid else []
        if any(a.state in ("unknown", "created", "held_for_review") for a in told.attempts):
            found.append(f"{order_id}: not healed: {[a.state for a in told.attempts]}")
    mine = (costs, shipped) if it.parties.orders is it.shop else ({}, [])
    return found + payments.breaches(*mine)


def _taken(it: Till, attempt_id: str) -> int:
    trade = it.book.trades.get(UUID(attempt_id).hex)
    return trade.fen * trade.captures if trade else 0


def _given(it: Till, attempt_id: str) -> int:
    number = UUID(attempt_id).hex
    backs = [b for b in it.book.refunds.values() if b.request["out_trade_no"] == number]
    return sum(back.fen for back in backs if back.status == "SUCCESS")
