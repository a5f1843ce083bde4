"""
The adapter against the simulator over HTTP: real signatures, encryption and time-outs.

The simulator verifies each of our requests by its own code, and its notifications reach us by
HTTP; what is broken on the wire is never believed.
"""

import base64
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from linli import payments, risk
from linli.kernel.errors import Refused
from linli.kernel.ids import uuid7
from linli.kernel.settings import Settings
from linli.payments import AttemptState, Parties, PayOrder, RefundOrder
from linli.payments.contract import Contract
from linli.payments.provider import Declined, KnownAlready, Order, RefundStatus, Status, Unavailable
from linli.payments.wechat import WechatPay
from linli.payments.wechat_client import WechatCredentials, client
from local.wechatpay.keys import Keys, load_or_make, make
from local.wechatpay.server import Provider
from tests.support.engine import engine
from tests.support.paying import DISPATCHER, NOW, Shop, resident, wish

S = AttemptState
PATIENCE_SECONDS = 10.0


@pytest.fixture(scope="module")
def keys() -> Keys:
    return make()


class Clock:
    """The stack's clock: stands in the year of the tests and goes on."""

    def __init__(self) -> None:
        self.ahead = NOW - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Scene:
    """A simulator, our adapter on it, our shop, and our door for its notifications."""

    provider: Provider
    adapter: WechatPay
    shop: Shop
    parties: Parties
    clock: Clock
    refusals: list[str]
    deaf: list[int] = field(default_factory=list)

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """Ask the simulator for something, over HTTP."""
        request = urllib.request.Request(
            f"{self.provider.url}/_sandbox/{path}", json.dumps(body).encode()
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            told: dict[str, Any] = json.loads(answer.read())
        return told

    def pay(self, order_id: str, command: PayOrder) -> payments.Attempt:
        return payments.pay(
            command, order_id, caller=resident(), now=self.clock.now(), parties=self.parties
        )

    def handle_of(self, command: PayOrder) -> str:
        return self.provider.book.trades[command.id.hex].prepay_ids[-1]

    def stands(self, order_id: str) -> payments.Payment:
        return payments.payment(order_id, caller=resident(), parties=self.parties)


@pytest.fixture
def it(keys: Keys) -> Iterator[Scene]:
    clock, refusals, made = Clock(), list[str](), list[Scene]()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.send_response(made[0].deaf.pop(0) if made[0].deaf else self.take(body))
            self.end_headers()

        def take(self, body: str) -> int:
            headers = dict(self.headers.items())
            try:
                payments.take(headers, body, parties=made[0].parties, now=clock.now())
            except Refused as refusal:
                refusals.append(refusal.code)
                return refusal.status
            return 204

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    door = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    notify_url = f"http://127.0.0.1:{door.server_address[1]}/v1/payments/notifications/wechat"
    with engine(), Provider(keys, clock.now, speed=100) as provider:
        credentials = WechatCredentials.model_validate(keys.credentials())
        asked = client(credentials, provider.url, notify_url, timeout_seconds=(0.5, 0.5))
        adapter, shop = WechatPay(credentials, asked), Shop()
        parties = Parties(shop, adapter, risk.current(), Settings())
        made.append(Scene(provider, adapter, shop, parties, clock, refusals))
        yield made[0]
        assert payments.breaches() == []
    door.shutdown()
    door.server_close()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def ask(**more: Any) -> Order:
    plain: dict[str, Any] = {
        "attempt_id": str(uuid7()),
        "method": "wechat_native",
        "fen": 5000,
        "expires_at": NOW + timedelta(minutes=15),
        "asked_at": NOW,
        "payer_id": None,
    }
    return Order(**(plain | more))


def test_an_order_is_paid_and_partly_paid_back_over_the_wire(it: Scene) -> None:
    order_id, command = it.shop.place(), wish()
    assert it.pay(order_id, command).state is S.CREATED
    assert it.control("pay", prepay_id=it.handle_of(command)) == {"paid": True}
    until(lambda: it.shop.state(order_id) == "paid")
    refund = RefundOrder(id=uuid7(), fen=1200, reason="short_pick")
    now = it.clock.now()
    payments.refund(refund, order_id, caller=DISPATCHER, now=now, parties=it.parties)
    until(lambda: it.stands(order_id).refunded_fen == 1200)
    assert payments.breaches({order_id: 3800}, [order_id]) == []
    assert it.refusals == []


@pytest.mark.parametrize(
    ("method", "lines", "signature"),
    [
        ("wechat_jsapi", ("appId", "timeStamp", "nonceStr", "package"), "paySign"),
        ("wechat_app", ("appid", "timestamp", "noncestr", "prepayid"), "sign"),
    ],
)
def test_the_phone_gets_what_wechat_asks_for_signed_by_the_merchant(
    it: Scene, keys: Keys, method: str, lines: tuple[str, ...], signature: str
) -> None:
    told = it.adapter.create(ask(method=method, payer_id="openid-1")).parameters
    text = "".join(f"{told[name]}\n" for name in lines).encode()
    public = keys.merchant.public_key()
    public.verify(base64.b64decode(told[signature]), text, PKCS1v15(), SHA256())


def test_the_same_order_gets_a_handle_again_and_another_one_does_not(it: Scene) -> None:
    order = ask()
    it.adapter.create(order)
    it.adapter.create(order)
    with pytest.raises(KnownAlready):
        it.adapter.create(ask(attempt_id=order.attempt_id, fen=5001))
    assert it.adapter.query(order.attempt_id).status is Status.PENDING


def test_what_the_provider_says_of_an_order_is_understood(it: Scene) -> None:
    order = ask()
    assert it.adapter.query(order.attempt_id).status is Status.MISSING
    it.adapter.create(order)
    it.adapter.close(order.attempt_id)
    assert it.adapter.query(order.attempt_id).status is Status.CLOSED
    with pytest.raises(KnownAlready):
        it.adapter.create(order)
    failed = ask()
    it.adapter.create(failed)
    it.provider.book.decline(failed.attempt_id.replace("-", ""))
    assert it.adapter.query(failed.attempt_id).status is Status.FAILED
    assert it.adapter.query_refund("no-such-refund").status is RefundStatus.MISSING


def test_a_wrong_order_is_declined_for_good(it: Scene) -> None:
    with pytest.raises(Declined) as no:
        it.adapter.create(ask(expires_at=NOW - timedelta(minutes=1)))
    assert no.value.code == "PARAM_ERROR"
    with pytest.raises(Declined):
        it.adapter.refund("r-0", str(uuid7()), 1, 1)


TROUBLES = [{"outage": True}, {"error": 1}, {"lost_before": 1}, {"lost_after": 1}]


@pytest.mark.parametrize("faults", [*TROUBLES, {"delay_seconds": 1}], ids=lambda f: next(iter(f)))
def test_no_answer_says_nothing(it: Scene, faults: dict[str, Any]) -> None:
    it.control("faults", **faults)
    for act in (
        lambda: it.adapter.create(ask()),
        lambda: it.adapter.query(str(uuid7())),
        lambda: it.adapter.refund("r-0", str(uuid7()), 1, 1),
    ):
        with pytest.raises(Unavailable):
            act()


def test_an_answer_that_the_provider_did_not_sign_is_none(it: Scene) -> None:
    order = ask()
    it.adapter.create(order)
    it.control("faults", unsigned=1)
    with pytest.raises(Unavailable):
        it.adapter.query(order.attempt_id)
    with pytest.raises(Unavailable):
        it.adapter.create(order)


def test_what_is_not_signed_by_the_merchant_is_turned_away(it: Scene) -> None:
    stranger = WechatCredentials.model_validate(
        it.provider.keys.credentials() | {"private_key": make().credentials()["private_key"]}
    )
    forger = WechatPay(stranger, client(stranger, it.provider.url, "http://127.0.0.1:1"))
    with pytest.raises(Unavailable):
        forger.create(ask())
    assert it.provider.book.trades == {}


def test_a_request_that_is_sent_again_by_a_listener_is_turned_away(it: Scene) -> None:
    sent: list[tuple[str, dict[str, str]]] = []
    plain = requests.get

    def listening(url: str, headers: dict[str, str], **more: Any) -> Any:
        sent.append((url, headers))
        return plain(url=url, headers=headers, **more)

    requests.get = listening
    try:
        it.adapter.query(str(uuid7()))
    finally:
        requests.get = plain
    url, headers = sent[0]
    assert plain(url, headers=headers, timeout=5).status_code == 401


def test_notifications_that_are_copied_late_and_reversed_pay_once(it: Scene) -> None:
    it.control("faults", notice_copies=5, notice_reversed=True, notice_delay_seconds=0.2)
    order_id, command = it.shop.place(), wish()
    it.pay(order_id, command)
    it.control("pay", prepay_id=it.handle_of(command))
    until(lambda: len(it.provider.notifier.answers) == 5)
    assert {status for _, status in it.provider.notifier.answers} == {204}
    assert it.stands(order_id).captured_fen == 5000


def test_a_notification_that_was_not_taken_is_sent_again(it: Scene) -> None:
    order_id, command = it.shop.place(), wish()
    it.pay(order_id, command)
    it.deaf += [500, 503]
    it.control("pay", prepay_id=it.handle_of(command))
    until(lambda: it.shop.state(order_id) == "paid")
    until(lambda: len(it.provider.notifier.answers) == 3)
    notices, answers = zip(*it.provider.notifier.answers, strict=True)
    assert answers == (500, 503, 204)
    assert len(set(notices)) == 1, "one notification, three deliveries"


def test_forged_notifications_are_refused_and_change_nothing(it: Scene) -> None:
    order_id, command = it.shop.place(), wish()
    it.pay(order_id, command)
    it.control("faults", notice_lost=1)
    it.control("pay", prepay_id=it.handle_of(command))
    told = it.control("forge")
    assert set(told.values()) == {401}, told
    assert len(told) == 5
    assert it.shop.state(order_id) == "unpaid"
    assert set(it.refusals) == {"forged_notification", "stale_notification"}
    swept = payments.sweep(it.parties, lambda: it.clock.now() + timedelta(minutes=2))
    assert swept == {"succeeded": 1}


def test_the_contract_is_read_from_the_secret_once_it_is_there(it: Scene) -> None:
    kept = {"SecretString": "{}"}

    class Secrets:
        """The secret store."""

        def get_secret_value(self, SecretId: str) -> dict[str, str]:
            assert SecretId == "arn"
            return kept

    environment = {
        "PAYMENT_SECRET_ARN": "arn",
        "WECHAT_BASE_URL": it.provider.url,
        "PAYMENT_NOTIFY_URL": "http://127.0.0.1:1/",
    }
    contract = Contract(environment)
    assert contract.provider(Secrets()) is None
    kept["SecretString"] = json.dumps(it.provider.keys.credentials())
    provider = contract.provider(Secrets())
    assert provider is not None
    assert provider.query(str(uuid7())).status is Status.MISSING
    assert contract.provider(None) is provider, "read once"
    assert Contract({}).provider(None) is None


def test_the_keys_are_made_once_and_nobody_else_may_read_them(tmp_path: Any) -> None:
    file = tmp_path / "deep" / "wechatpay.json"
    first = load_or_make(file).credentials()
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_or_make(file).credentials() == first
    WechatCredentials.model_validate(first)
    assert "PRIVATE" not in repr(WechatCredentials.model_validate(first))
