"""
Paying online on the real stack: the doors, the simulated WeChat Pay, notifications, the sweeper.

The provider speaks its own protocol over HTTP; a test plays the phone, the bank and bad luck by
its `/_sandbox/` paths.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.time import ZONE
from local.stack import Stack

COMMUNITY = "paying"
STORE = "690888000001" + gs1_check_digit("690888000001")
SKU = "200888000001" + gs1_check_digit("200888000001")
LON, LAT = 104.06, 30.66
PRICE_FEN = 1990
PHONE, OPENID = "+8613877778888", "openid-of-nobody-else"
PATIENCE_SECONDS = 20.0


class Counter:
    """A community with one well stocked store, and its provider."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = httpx.Client(base_url=stack.api_url, timeout=60)
        self.owner: dict[str, str] = {}

    def call(
        self, method: str, path: str, role: str, body: Any = None, who: str = "r-1"
    ) -> httpx.Response:
        token = self.stack.token((role, STORE if role == "store" else COMMUNITY), subject=who)
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.request(method, path, json=body, headers=headers)

    def sure(self, method: str, path: str, role: str, body: Any = None) -> Any:
        answer = self.call(method, path, role, body)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json()

    def furnish(self) -> None:
        names = {"name_zh": "店", "name_en": "Shop"}
        place = {"community_id": COMMUNITY, "owner_id": "o", "lon": LON, "lat": LAT}
        self.sure("PUT", f"/v1/stores/{STORE}", "city", {**names, **place})
        product = {**names, "price_fen": PRICE_FEN, "grams": 400}
        self.sure("PUT", f"/v1/products/{SKU}", "city", product)
        receipt = {"id": str(uuid7()), "store_id": STORE, "sku": SKU, "units": 400}
        lot = {"lot_id": "L1", "expires_on": "2099-01-01"}
        self.sure("POST", "/v1/stock/receipts", "store", receipt | lot)

    def slot(self) -> str:
        starts = self.stack.now().astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
        starts += timedelta(days=2)
        slot_id = f"{COMMUNITY}.courier.{starts:%Y%m%dT%H%M}"
        terms = {
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
            "cutoff_at": (starts - timedelta(hours=1)).isoformat(),
            "capacity_orders": 200,
            "price_fen": 0,
        }
        self.sure("PUT", f"/v1/slots/{slot_id}", "dispatcher", terms)
        return slot_id

    def order(self) -> str:
        """A new order of one unit, to be paid online, by a resident of its own."""
        to = {"lon": LON, "lat": LAT, "building": "1", "contact_phone": PHONE}
        order_id = str(uuid7())
        body = {
            "id": order_id,
            "community_id": COMMUNITY,
            "deliver_to": to,
            "lines": [{"sku": SKU, "units": 1}],
            "slot_id": self.slot(),
            "pay": "online",
        }
        who = f"r-{len(self.owner)}"
        answer = self.call("POST", "/v1/orders", "resident", body, who)
        assert answer.status_code == 201, answer.text
        self.owner[order_id] = who
        return order_id

    def pay(self, order_id: str, attempt_id: UUID | None = None, **more: Any) -> httpx.Response:
        body = {
            "id": str(attempt_id or uuid7()),
            "method": "wechat_jsapi",
            "payer_id": f"{OPENID}-{self.owner[order_id]}",
            "device_id": f"device-{order_id}",
            "payer_phone": PHONE,
        }
        path = f"/v1/orders/{order_id}/payments"
        return self.call("POST", path, "resident", body | more, self.owner[order_id])

    def stands(self, order_id: str) -> Any:
        """How its payment stands, as its resident sees it."""
        path = f"/v1/orders/{order_id}/payments"
        answer = self.call("GET", path, "resident", who=self.owner[order_id])
        assert answer.is_success, answer.text
        return answer.json()

    def sandbox(self, path: str, **body: Any) -> Any:
        url = f"{self.stack.wechatpay_url}/_sandbox/{path}"
        answer = httpx.post(url, json=body, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    def phone_pays(self, attempt_id: str) -> bool:
        """The resident's phone pays by the newest handle of an attempt."""
        prepaid = self.sandbox("state")["prepay_ids"][UUID(attempt_id).hex]
        return bool(self.sandbox("pay", prepay_id=prepaid[-1])["paid"])

    def run(self, function: str) -> Any:
        """Run a schedule's function now."""
        name = self.stack.resources[function]
        answer = self.stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        told = json.loads(answer["Payload"].read())
        assert "errorMessage" not in (told or {}), told
        return told

    def captured(self, order_id: str) -> None:
        """Wait until an order is paid, once."""
        self.until(lambda: self.stands(order_id)["state"] == "captured")
        assert self.stands(order_id)["captured_fen"] == PRICE_FEN

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < end, "it never came true"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def counter(stack: Stack) -> Counter:
    made = Counter(stack)
    made.furnish()
    return made


@pytest.fixture
def it(counter: Counter) -> Iterator[Counter]:
    counter.sandbox("faults")
    yield counter
    counter.sandbox("faults")
    verdicts = counter.sure("GET", "/v1/audits", "auditor")["verdicts"]
    assert [v for v in verdicts if v["verdict"] not in ("holds", "no_subject")] == []


def test_an_order_is_paid_by_phone_and_partly_paid_back(it: Counter) -> None:
    order_id = it.order()
    attempt = it.pay(order_id)
    assert attempt.status_code == 201, attempt.text
    handle = attempt.json()["handle"]
    assert handle["package"].startswith("prepay_id=")
    assert {"appId", "timeStamp", "nonceStr", "signType", "paySign"} <= set(handle)
    assert it.phone_pays(attempt.json()["attempt_id"])
    it.until(lambda: it.stands(order_id)["state"] == "captured")
    refund = {"id": str(uuid7()), "fen": 500, "reason": "short_pick"}
    for _ in range(2):
        told = it.call("POST", f"/v1/orders/{order_id}/refunds", "dispatcher", refund, "d-1")
        assert told.status_code == 201, told.text
    it.until(lambda: it.stands(order_id)["refunded_fen"] == 500)
    assert it.stands(order_id)["captured_fen"] == PRICE_FEN


def test_notifications_that_are_late_copied_or_forged_pay_once_or_not_at_all(it: Counter) -> None:
    order_id = it.order()
    attempt_id = it.pay(order_id).json()["attempt_id"]
    it.sandbox("faults", notice_lost=1)
    assert it.phone_pays(attempt_id)
    assert set(it.sandbox("forge").values()) == {401}
    assert it.stands(order_id)["state"] == "open"
    for _ in range(3):
        assert set(it.sandbox("redeliver")["answers"]) == {204}
    told = it.stands(order_id)
    assert (told["state"], told["captured_fen"]) == ("captured", PRICE_FEN)


def test_an_outage_parks_the_payment_and_the_sweeper_goes_on_with_it(it: Counter) -> None:
    order_id = it.order()
    it.sandbox("faults", outage=True)
    parked = it.pay(order_id)
    assert (parked.status_code, parked.json()["state"]) == (202, "unknown")
    it.sandbox("faults")
    it.stack.set_clock(it.stack.now() + timedelta(minutes=1))
    it.run("SweepPaymentsFunction")
    attempt = it.stands(order_id)["attempts"][0]
    assert (attempt["state"], bool(attempt["handle"])) == ("created", True)
    assert it.phone_pays(attempt["attempt_id"])
    it.until(lambda: it.stands(order_id)["state"] == "captured")


def test_a_lost_notification_is_found_by_asking(it: Counter) -> None:
    order_id = it.order()
    attempt_id = it.pay(order_id).json()["attempt_id"]
    it.sandbox("faults", notice_lost=1)
    assert it.phone_pays(attempt_id)
    it.stack.set_clock(it.stack.now() + timedelta(minutes=2))
    it.run("SweepPaymentsFunction")
    assert it.stands(order_id)["state"] == "captured"


def test_two_devices_at_once_pay_one_order_once(it: Counter) -> None:
    for _ in range(3):
        order_id = it.order()
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(it.pay, [order_id] * 6))
        assert sorted(a.status_code for a in answers) == [201, *[409] * 5], answers
        assert {a.json()["code"] for a in answers if not a.is_success} == {"payment_under_way"}
        mine = [a["attempt_id"] for a in it.stands(order_id)["attempts"]]
        assert [it.phone_pays(each) for each in mine] == [True]
        it.captured(order_id)


def test_expiry_racing_payment_ends_paid_or_paid_back(it: Counter) -> None:
    order_ids = [it.order() for _ in range(6)]
    attempts = {o: it.pay(o).json()["attempt_id"] for o in order_ids}
    it.stack.set_clock(it.stack.now() + timedelta(minutes=14, seconds=58))

    def sweep() -> None:
        time.sleep(2)
        it.run("SweepOrdersFunction")

    def phone(order_id: str) -> None:
        time.sleep(1 + 0.3 * order_ids.index(order_id))
        it.phone_pays(attempts[order_id])

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(phone, o) for o in order_ids] + [pool.submit(sweep) for _ in range(2)]
    assert [each.exception() for each in done] == [None] * len(done)
    it.stack.set_clock(it.stack.now() + timedelta(minutes=15))
    for _ in range(3):
        it.run("SweepPaymentsFunction")
        it.run("SweepOrdersFunction")
        time.sleep(1.5)
        it.stack.set_clock(it.stack.now() + timedelta(minutes=11))
    for order_id in order_ids:
        path, who = f"/v1/orders/{order_id}", it.owner[order_id]
        told, order = it.stands(order_id), it.call("GET", path, "resident", who=who).json()
        kept = told["captured_fen"] - told["refunding_fen"] - told["refunded_fen"]
        assert kept == (PRICE_FEN if order["payment"] == "paid" else 0), (told, order)


def test_what_is_held_waits_for_a_dispatchers_word(it: Counter) -> None:
    """One device, far away, pays for one resident after the other."""
    far = {"lon": 116.4, "lat": 39.9}
    more: dict[str, Any] = {"device_id": "device-0000", "device_at": far}
    more["payer_phone"] = "+8613911112222"
    attempts = [(it.order(), uuid7()) for _ in range(6)]
    answers = [it.pay(*attempt, **more) for attempt in attempts]
    held = [a.json()["attempt_id"] for a in answers if a.status_code == 202]
    assert [a.status_code for a in answers] == [201] * 4 + [202] * 2, [a.text for a in answers]
    waiting = it.sure("GET", "/v1/payments/held", "dispatcher")["attempts"]
    mine = next(a for a in waiting if a["attempt_id"] == held[0])
    assert {reason["rule"] for reason in mine["reasons"]} >= {"device_hour", "far_away"}
    word = {"id": str(uuid7()), "reason": "called the resident"}
    path = f"/v1/payments/{held[0]}/release"
    assert it.call("POST", path, "resident", word).status_code == 403
    released = it.call("POST", path, "dispatcher", word, "d-1")
    assert (released.status_code, released.json()["state"]) == (200, "created")
    rejection = {"id": str(uuid7()), "reason": "nobody answers", "block": ["device"]}
    path = f"/v1/payments/{held[1]}/reject"
    assert it.call("POST", path, "dispatcher", rejection, "d-1").json()["state"] == "rejected"
    assert it.pay(it.order(), **more).json()["code"] == "payment_blocked"


def test_nobody_else_sees_or_pays_an_order(it: Counter) -> None:
    order_id = it.order()
    path = f"/v1/orders/{order_id}/payments"
    assert it.call("GET", path, "resident", who="stranger").status_code == 404
    body = {"id": str(uuid7()), "method": "wechat_native", "device_id": "device-0009"}
    assert it.call("POST", path, "resident", body, "stranger").status_code == 404
    refund = {"id": str(uuid7()), "fen": 1, "reason": "other"}
    path = f"/v1/orders/{order_id}/refunds"
    assert it.call("POST", path, "resident", refund).status_code == 403
    assert it.call("POST", path, "store", refund, "k-1").json()["code"] == "refund_too_large"
    assert it.call("POST", path, "store", refund, it.owner[order_id]).status_code == 404


def test_the_log_names_nobody(it: Counter, stack_log: Path) -> None:
    log = stack_log.read_text(errors="replace")
    for secret in (PHONE, OPENID, "PRIVATE KEY"):
        assert secret not in log
