"""The routing batch on the real stack: doors, Step Functions, OR-Tools in its own layer."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx
import pytest

from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.time import ZONE
from linli.routing.unloading import USUAL_GRAMS, tried_at
from local.stack import Stack

COMMUNITY = "huancheng"
STORES = [body + gs1_check_digit(body) for body in ("690666000001", "690666000002")]
SKU = "200666000001" + gs1_check_digit("200666000001")
RICE = "200666000002" + gs1_check_digit("200666000002")
BOX = "06901234000016F1"
LON, LAT = 120.16, 30.27
T = TypeVar("T")


class Town:
    """A community on the stack, used through the doors only."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = httpx.Client(base_url=stack.api_url, timeout=60)
        self.opened = 0

    def call(
        self, method: str, path: str, role: str, body: Any = None, subject: str = "u-1"
    ) -> httpx.Response:
        place = body["store_id"] if role == "store" else COMMUNITY
        token = self.stack.token((role, place), subject=subject)
        return self.client.request(
            method, path, json=body, headers={"Authorization": f"Bearer {token}"}
        )

    def sure(
        self, method: str, path: str, role: str, body: Any = None, subject: str = "u-1"
    ) -> Any:
        answer = self.call(method, path, role, body, subject)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json()

    def furnish(self) -> None:
        """Two stores with stock, and three couriers."""
        names = {"name_zh": "店", "name_en": "Shop"}
        for n, store_id in enumerate(STORES):
            place = {"lon": LON + 0.005 * n, "lat": LAT}
            store = {"community_id": COMMUNITY, "owner_id": "o", **names, **place}
            self.sure("PUT", f"/v1/stores/{store_id}", "city", store)
        product = {**names, "price_fen": 500, "grams": 400}
        self.sure("PUT", f"/v1/products/{SKU}", "city", product)
        rice = {**names, "price_fen": 3000, "grams": 9000}
        self.sure("PUT", f"/v1/products/{RICE}", "city", rice)
        for store_id, sku in ((STORES[0], SKU), (STORES[1], SKU), (STORES[0], RICE)):
            receipt = {
                "id": str(uuid7()),
                "store_id": store_id,
                "sku": sku,
                "units": 200,
                "lot_id": "L1",
                "expires_on": "2099-01-01",
            }
            self.sure("POST", "/v1/stock/receipts", "store", receipt)
        for n in range(3):
            courier = {
                "community_id": COMMUNITY,
                "trade": "rider",
                "vehicle": "ebike",
                "start": {"lon": LON, "lat": LAT + 0.001 * n},
                "shift": {"opens": "00:00", "closes": "23:59"},
            }
            self.sure("PUT", "/v1/couriers/me", "courier", courier, f"courier-{n}")
            self.hand_in_papers(f"courier-{n}")

    def hand_in_papers(self, courier_id: str) -> None:
        """Everything that an e-bike needs, verified by the dispatcher."""
        for kind in ("identity", "health", "plate"):
            body = {"community_id": COMMUNITY, "number": "A-1", "expires_on": "2099-01-01"}
            path = f"/v1/couriers/me/documents/{kind}"
            told = self.sure("PUT", path, "courier", body, courier_id)
            verdict = {"version": told["version"], "verdict": "verified"}
            body = {"id": str(uuid7()), "community_id": COMMUNITY, **verdict}
            path = f"/v1/couriers/{courier_id}/documents/{kind}/judge"
            self.sure("POST", path, "dispatcher", body)

    def open_slot(self) -> str:
        """A new slot whose cut-off is in five minutes, starting tomorrow at an hour of its own."""
        self.opened += 1
        now = self.stack.now()
        day = (now + timedelta(hours=20)).astimezone(ZONE).date()
        hour = 8 + self.opened
        starts_at = datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)
        slot_id = f"{COMMUNITY}.courier.{starts_at:%Y%m%dT%H%M}"
        slot = {
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
            "cutoff_at": (now + timedelta(minutes=5)).isoformat(),
            "capacity_orders": 50,
            "price_fen": 300,
        }
        self.sure("PUT", f"/v1/slots/{slot_id}", "dispatcher", slot)
        return slot_id

    def order(self, n: int, slot_id: str, boxes: int = 0, *, heavy: bool = False) -> str:
        """Resident `n` orders at a door of their own; what is heavy goes to one tower."""
        body = {
            "id": str(uuid7()),
            "community_id": COMMUNITY,
            "deliver_to": {
                "lon": LON - 0.008 + 0.0021 * (n % 8),
                "lat": LAT - 0.006 + 0.0019 * (n % 7),
                "building": "tower" if heavy else str(n),
                "floor": 1 + n % 6,
                "contact_phone": f"+861380000{n:04d}",
            },
            "lines": [
                {"sku": SKU, "units": 1 + n % 3},
                *([{"sku": RICE, "units": 1}] if heavy else []),
            ],
            "slot_id": slot_id,
            "boxes": boxes,
        }
        placed = self.sure("POST", "/v1/orders", "resident", body, f"resident-{n}")
        return str(placed["id"])

    def ask(self, slot_id: str) -> httpx.Response:
        body = {"id": str(uuid7()), "slot_id": slot_id}
        return self.call("POST", "/v1/waves", "dispatcher", body)

    def wave(self, wave_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sure("GET", f"/v1/waves/{wave_id}", "dispatcher")
        return found

    def pass_cutoff(self) -> None:
        self.stack.set_clock(self.stack.now() + timedelta(minutes=6))

    def execution(self, name: str) -> dict[str, Any]:
        machine = self.stack.resources["RouteWaveMachine"]
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        found: dict[str, Any] = self.stack.client("stepfunctions").describe_execution(
            executionArn=arn
        )
        return found


def eventually(look: Callable[[], T | None], seconds: float = 100) -> T:
    end = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def town(stack: Stack) -> Town:
    town = Town(stack)
    town.furnish()
    return town


def published(town: Town, wave_id: str) -> Callable[[], dict[str, Any] | None]:
    def look() -> dict[str, Any] | None:
        wave = town.wave(wave_id)
        assert wave["state"] != "failed", wave["reason"]
        return wave if wave["state"] == "published" else None

    return look


def test_from_cut_off_to_the_last_door(town: Town) -> None:
    slot_id = town.open_slot()
    placed = [town.order(n, slot_id, boxes=int(n == 0), heavy=n > 9) for n in range(12)]
    town.sure("PUT", f"/v1/boxes/{BOX}", "store", {"store_id": STORES[0]})
    assert town.ask(slot_id).json()["code"] == "slot_still_open"
    town.pass_cutoff()
    answer = town.ask(slot_id)
    assert answer.status_code == 202, answer.text
    wave = eventually(published(town, slot_id))
    assert (wave["orders"], wave["routed_orders"], wave["unserved"]) == (12, 12, [])
    assert wave["solver"] in ("ortools", "pyvrp", "rebuild")
    assert wave["fallback_from"] is None
    assert 0 < wave["metres"] <= wave["baseline_metres"]

    route_ids = [route["route_id"] for route in wave["routes"]]
    holders = {route_id: race(town, route_id) for route_id in route_ids}
    check_drops(town, slot_id, holders, placed[10:])
    told = [ride(town, route_id, who, {placed[0]: [BOX]}) for route_id, who in holders.items()]
    assert sorted(each for ids in told for each in ids) == sorted(placed)
    assert {route["state"] for route in town.wave(slot_id)["routes"]} == {"done"}
    for n, order_id in enumerate(placed):
        order = town.sure("GET", f"/v1/orders/{order_id}", "resident", subject=f"resident-{n}")
        assert order["state"] == "delivered"
    box = town.sure("GET", f"/v1/boxes/{BOX}", "resident", subject="resident-0")
    assert (box["custodian"], box["deposit_fen"]) == ("resident", 1000)


def check_drops(town: Town, wave_id: str, holders: dict[str, str], heavy: list[str]) -> None:
    """Neighbours' rice is a drop of its own on their couriers' manifests, after what is light."""
    shown: dict[str, list[tuple[str, list[str]]]] = {order_id: [] for order_id in heavy}
    for route_id, who in holders.items():
        for visit in town.sure("GET", f"/v1/routes/{route_id}", "courier", subject=who)["visits"]:
            if visit["kind"] in ("drop", "deliver") and visit["place_id"] in shown:
                skus = [item["sku"] for item in visit["items"]]
                shown[visit["place_id"]].append((visit["kind"], skus))
    if tried_at(f"{wave_id}/tower", USUAL_GRAMS) <= 9000:  # Now and then another is tried.
        assert list(shown.values()) == [[("drop", [SKU]), ("deliver", [RICE])]] * 2


def new() -> dict[str, str]:
    return {"id": str(uuid7())}


def offered(town: Town, route_id: str) -> str | None:
    """Whom the route is offered to now."""
    path = f"/v1/waves/{route_id.rpartition('.')[0]}/offers?route_id={route_id}"
    answer = town.call("GET", path, "dispatcher")
    offers = answer.json().get("offers", [])
    return next((each["courier_id"] for each in offers if each["state"] == "open"), None)


def race(town: Town, route_id: str) -> str:
    """All couriers grab a route at once, its own from two devices; answers who has it."""
    chosen = eventually(lambda: offered(town, route_id))

    def grab(n: int) -> tuple[int, httpx.Response]:
        path = f"/v1/routes/{route_id}/accept"
        return n, town.call("POST", path, "courier", new(), f"courier-{n}")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(grab, [0, 1, 2, int(chosen[-1])]))
    assert {f"courier-{n}" for n, answer in answers if answer.is_success} == {chosen}
    lost = {a.json()["code"] for _, a in answers if not a.is_success}
    assert lost <= {"not_offered", "route_taken"}
    return chosen


def ride(town: Town, route_id: str, holder: str, boxes: dict[str, list[str]]) -> list[str]:
    """Deliver everything on the route's manifest, the last twice; answers the orders."""
    manifest = town.sure("GET", f"/v1/routes/{route_id}", "courier", subject=holder)
    order_ids = [visit["place_id"] for visit in manifest["visits"] if visit["kind"] == "deliver"]
    pack(town, route_id, manifest)
    for order_id in order_ids:
        at = town.stack.now().isoformat()
        body = {"id": str(uuid7()), "order_id": order_id, "outcome": "delivered", "at": at}
        body |= {"box_ids": boxes.get(order_id, [])}
        first = town.sure("POST", "/v1/deliveries", "courier", body, holder)
    assert town.sure("POST", "/v1/deliveries", "courier", body, holder) == first
    return order_ids


def pack(town: Town, route_id: str, manifest: dict[str, Any]) -> None:
    """Each store of a route picks its parts and hands them over, all of them at once."""
    for visit in manifest["visits"]:
        if visit["kind"] != "collect":
            continue
        store_id = visit["place_id"]
        for order_id in visit["order_ids"]:
            mine = [item for item in visit["items"] if item["order_id"] == order_id]
            lines = [{"sku": item["sku"], "units": item["units"]} for item in mine]
            body = {**new(), "order_id": order_id, "store_id": store_id, "lines": lines}
            town.sure("POST", "/v1/picks", "store", body)
        body = {**new(), "store_id": store_id, "route_id": route_id}
        told = town.sure("POST", "/v1/hand-overs", "store", body)
        assert all(each["handed_over"] for each in told["orders"])


def test_the_schedule_starts_a_due_wave_once(town: Town) -> None:
    slot_id = town.open_slot()
    town.order(1, slot_id)
    town.pass_cutoff()
    function = town.stack.resources["StartWavesFunction"]
    for _ in range(2):
        called = town.stack.client("lambda").invoke(FunctionName=function, Payload=b"{}")
        assert "FunctionError" not in called, called["Payload"].read()
    wave = eventually(published(town, slot_id))
    assert (wave["attempt"], wave["orders"]) == (1, 1)
    end = eventually(lambda: over(town.execution(f"{slot_id}--1")))
    assert end["status"] == "SUCCEEDED"


def over(execution: dict[str, Any]) -> dict[str, Any] | None:
    return None if execution["status"] == "RUNNING" else execution


def test_a_run_waits_for_the_index_and_one_that_is_stopped_is_run_again(town: Town) -> None:
    slot_id = town.open_slot()
    order_id = town.order(1, slot_id)
    hide(town, order_id)  # As if the index had not heard of the order yet.
    town.pass_cutoff()
    assert town.ask(slot_id).status_code == 202
    arn = town.execution(f"{slot_id}--1")["executionArn"]
    time.sleep(2)
    assert town.wave(slot_id)["state"] == "started"
    town.stack.client("stepfunctions").stop_execution(executionArn=arn)
    hide(town, order_id, back_to=slot_id)
    assert town.ask(slot_id).status_code == 202
    wave = eventually(published(town, slot_id))
    assert (wave["attempt"], wave["routed_orders"]) == (2, 1)


def hide(town: Town, order_id: str, back_to: str | None = None) -> None:
    """Take an order out of the index by slot, or put it back."""
    more: dict[str, Any] = {"UpdateExpression": "REMOVE slot_id"}
    if back_to is not None:
        values = {":slot": {"S": back_to}}
        more = {
            "UpdateExpression": "SET slot_id = :slot",
            "ExpressionAttributeValues": values,
        }
    town.stack.client("dynamodb").update_item(
        TableName=town.stack.resources["OrdersTable"],
        Key={"pk": {"S": order_id}, "sk": {"S": "ORDER"}},
        **more,
    )


def test_a_run_that_fails_says_why_and_keeps_its_orders(town: Town) -> None:
    slot_id = town.open_slot()
    order_id = town.order(1, slot_id)
    town.pass_cutoff()
    damage(town, order_id)
    assert town.ask(slot_id).status_code == 202
    eventually(lambda: True if town.wave(slot_id)["state"] == "failed" else None)
    wave = town.wave(slot_id)
    assert wave["reason"].startswith("ValidationError")
    end = eventually(lambda: over(town.execution(f"{slot_id}--1")))
    assert (end["status"], end["error"]) == ("FAILED", "ValidationError")
    damage(town, order_id, mend=True)
    assert town.ask(slot_id).status_code == 202
    wave = eventually(published(town, slot_id))
    assert (wave["attempt"], wave["routed_orders"], wave["reason"]) == (2, 1, None)


KEPT: dict[str, Any] = {}


def damage(town: Town, order_id: str, mend: bool = False) -> None:
    """Make an order unreadable, which no retry helps against, or mend it."""
    key = {"pk": {"S": order_id}, "sk": {"S": "ORDER"}}
    table = {"TableName": town.stack.resources["OrdersTable"], "Key": key}
    client = town.stack.client("dynamodb")
    if not mend:
        KEPT[order_id] = client.get_item(**table)["Item"]["body"]
    client.update_item(
        **table,
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": KEPT[order_id] if mend else {"S": "{}"}},
    )


def test_a_courier_who_stops_is_replaced_by_the_machine_that_plans_anew(town: Town) -> None:
    slot_id = town.open_slot()
    placed = [town.order(n, slot_id) for n in range(5)]
    town.pass_cutoff()
    assert town.ask(slot_id).status_code == 202
    wave = eventually(published(town, slot_id))
    stopped = wave["routes"][0]["route_id"]
    change = {**new(), "kind": "courier_stopped", "route_ids": [stopped]}
    path = f"/v1/waves/{slot_id}/replans"
    for _ in range(2):
        assert town.call("POST", path, "dispatcher", change).status_code == 202

    def answered() -> dict[str, Any] | None:
        told = town.sure("GET", f"{path}/{change['id']}", "dispatcher")
        return None if told["state"] == "requested" else told

    told = eventually(answered)
    assert (told["state"], told["unserved"]) == ("applied", []), told
    after = {route["route_id"]: route for route in town.wave(slot_id)["routes"]}
    assert after[stopped]["state"] == "done"
    others = [town.sure("GET", f"/v1/routes/{n}", "dispatcher") for n in after if n != stopped]
    doors = [v["place_id"] for r in others for v in r["visits"] if v["kind"] == "deliver"]
    assert sorted(doors) == sorted(placed)
