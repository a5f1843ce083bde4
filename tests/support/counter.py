"""
A counter on the real stack: a community with one well stocked store, and its simulated provider.

A test plays the phone, the bank and bad luck by the provider's `/_sandbox/` paths.
"""

import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.time import ZONE
from local.stack import Stack

COMMUNITY = "paying"
STORE = "690888000001" + gs1_check_digit("690888000001")
SKUS = tuple(f"20088800000{n}" + gs1_check_digit(f"20088800000{n}") for n in range(1, 5))
SKU, OTHER, DEAR, RARE = SKUS
LON, LAT = 104.06, 30.66
PRICE_FEN, OTHER_FEN = 1990, 1490
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
        goods = zip(SKUS, (PRICE_FEN, OTHER_FEN, 2990, 990), (400, 400, 400, 6), strict=True)
        for sku, fen, units in goods:
            product = {**names, "price_fen": fen, "grams": 400}
            self.sure("PUT", f"/v1/products/{sku}", "city", product)
            self.receive(sku, units)

    def receive(self, sku: str, units: int) -> None:
        receipt = {"id": str(uuid7()), "store_id": STORE, "sku": sku, "units": units}
        lot = {"lot_id": "L1", "expires_on": "2099-01-01"}
        self.sure("POST", "/v1/stock/receipts", "store", receipt | lot)

    def slot(self, channel: str = "courier", days: int = 2) -> str:
        starts = self.stack.now().astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
        starts += timedelta(days=days)
        slot_id = f"{COMMUNITY}.{channel}.{starts:%Y%m%dT%H%M}"
        terms = {
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
            "cutoff_at": (starts - timedelta(hours=1)).isoformat(),
            "capacity_orders": 200,
            "price_fen": 0,
        }
        self.sure("PUT", f"/v1/slots/{slot_id}", "dispatcher", terms)
        return slot_id

    def order(self, channel: str = "courier", **more: Any) -> str:
        """A new order, by default of one unit and paid online, by a resident of its own."""
        to = {"lon": LON, "lat": LAT, "building": "1", "contact_phone": PHONE}
        order_id = str(uuid7())
        body = {
            "id": order_id,
            "community_id": COMMUNITY,
            "deliver_to": to,
            "lines": [{"sku": SKU, "units": 1}],
            "slot_id": self.slot(channel),
            "pay": "online",
        }
        who = f"r-{len(self.owner)}"
        answer = self.call("POST", "/v1/orders", "resident", body | more, who)
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

    def mine(self, method: str, order_id: str, path: str = "", body: Any = None) -> Any:
        """What the order's resident is answered about it."""
        path = f"/v1/orders/{order_id}{path}"
        answer = self.call(method, path, "resident", body, self.owner[order_id])
        assert answer.is_success, (method, path, answer.text)
        return answer.json()

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

    def paid(self, order_id: str) -> str:
        """Pay an order by phone and wait until that is known; answers the attempt."""
        answer = self.pay(order_id)
        assert answer.status_code == 201, answer.text
        attempt_id = str(answer.json()["attempt_id"])
        assert self.phone_pays(attempt_id)
        self.until(lambda: self.stands(order_id)["state"] == "captured")
        return attempt_id

    def kept_fen(self, order_id: str) -> int:
        """What we have of an order's money."""
        told = self.stands(order_id)
        return int(told["captured_fen"] - told["refunding_fen"] - told["refunded_fen"])

    def settle(self) -> None:
        """Let half an hour pass, in which the sweepers come by and refunds come back."""
        for _ in range(3):
            self.stack.set_clock(self.stack.now() + timedelta(minutes=11))
            self.run("SweepPaymentsFunction")
            self.run("SweepOrdersFunction")
            time.sleep(0.4)

    def messages(self, order_id: str) -> list[str]:
        """What the order's resident was told of its money."""
        table = self.stack.client("dynamodb")
        found = table.query(
            TableName=self.stack.resources["PaymentsTable"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={
                ":pk": {"S": f"ORDER#{order_id}"},
                ":sk": {"S": "MESSAGE#"},
            },
        )
        return sorted(item["kind"]["S"] for item in found["Items"])

    def box(self) -> str:
        """A new box of the store's."""
        box_id = f"0{STORE}P{len(self.owner)}"
        self.sure("PUT", f"/v1/boxes/{box_id}", "store", {"store_id": STORE})
        return box_id

    def bring_back(self, box_id: str, return_id: UUID) -> Any:
        """A box is brought to the counter."""
        body = {"id": str(return_id), "box_id": box_id, "store_id": STORE}
        answer = self.call("POST", "/v1/returns", "store", body, "k-1")
        assert answer.is_success, answer.text
        return answer.json()

    def pick(self, order_id: str, found: dict[str, dict[str, Any]]) -> httpx.Response:
        """The store tells what it found of an order."""
        lines = [{"sku": sku} | each for sku, each in found.items()]
        body = {"id": str(uuid7()), "order_id": order_id, "store_id": STORE, "lines": lines}
        return self.call("POST", "/v1/picks", "store", body)

    def collect(self, order_id: str, box_ids: Sequence[str] = ()) -> Any:
        """The resident comes to the counter with the code, and takes boxes along."""
        code = self.mine("POST", order_id, "/code")["code"]
        body = {"id": str(uuid7()), "code": code, "box_ids": list(box_ids)}
        return self.sure("POST", f"/v1/orders/{order_id}/collect", "store", body)

    def presale(self, cycle_id: str, minimum_fen: int) -> str:
        """A presale order of two units, of a cycle that closes in an hour, to be paid online."""
        now = self.stack.now()
        goods = {"sku": SKU, "price_fen": PRICE_FEN, "maximum_units": 9}
        cycle: dict[str, Any] = {
            "community_id": COMMUNITY,
            "store_id": STORE,
            "slot_id": self.slot(),
        }
        cycle |= {"goods": [goods], "minimum_fen": minimum_fen}
        cycle["opens_at"] = (now - timedelta(minutes=1)).isoformat()
        cycle["closes_at"] = (now + timedelta(hours=1)).isoformat()
        self.sure("PUT", f"/v1/presale-cycles/{cycle_id}", "dispatcher", cycle)
        order_id = str(uuid7())
        to = {"lon": LON, "lat": LAT, "building": "1", "contact_phone": PHONE}
        body: dict[str, Any] = {
            "id": order_id,
            "cycle_id": cycle_id,
            "deliver_to": to,
            "pay": "online",
        }
        body["lines"] = [{"sku": SKU, "units": 2}]
        self.owner[order_id] = who = f"r-{len(self.owner)}"
        answer = self.call("POST", "/v1/presale-orders", "resident", body, who)
        assert answer.status_code == 201, answer.text
        return order_id

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < end, "it never came true"
            time.sleep(0.1)
