"""Boxes on the stack: a return machine over real MQTT, two stations that scan a box at once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import pytest

from iot.devices.return_machine import payload_of, topic_of
from iot.devices.sensor import NotPublished, Sensor
from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.tables import Table
from linli.kernel.time import ZONE
from local.devices import Device, register
from local.stack import Stack

COMMUNITY, PLACE = "boxtown", {"lon": 117.2, "lat": 31.8}
STORE, STATION, OTHER = (b + gs1_check_digit(b) for b in ("690888000001", "690888000002",
                                                           "690888000003"))  # fmt: skip
SKU = "200888000001" + gs1_check_digit("200888000001")
ASSET = "0" + "690888000009" + gs1_check_digit("690888000009")
THING, MINE = "flow-return-machine-1", "box-resident"
SECONDS = 90.0  # A busy machine starts functions late.
T = TypeVar("T")


class Town:
    """A community on the stack in which a resident has three boxes."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = httpx.Client(base_url=stack.api_url, timeout=30)

    def call(
        self, method: str, path: str, role: str, body: Any = None, who: str = "u-1"
    ) -> httpx.Response:
        place = STORE if role == "store" else COMMUNITY
        token = self.stack.token((role, place), subject=who)
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.request(method, path, json=body, headers=headers)

    def sure(self, method: str, path: str, role: str, body: Any = None, who: str = "u-1") -> Any:
        answer = self.call(method, path, role, body, who)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json()

    def credit(self) -> tuple[int, int]:
        told = self.sure("GET", "/v1/me/credit", "resident", who=MINE)
        return told["balance_points"], told["deposit_fen"]


def box(n: int) -> str:
    return f"{ASSET}F{n}"


def furnish(town: Town) -> None:
    names = {"name_zh": "箱", "name_en": "Box"}
    store = {"community_id": COMMUNITY, "owner_id": "o", **names, **PLACE}
    town.sure("PUT", f"/v1/stores/{STORE}", "city", store)
    for n, station_id in enumerate((STATION, OTHER)):
        place = {"lon": PLACE["lon"] + 0.002 * n, "lat": PLACE["lat"], "capacity_boxes": 4}
        station = {"community_id": COMMUNITY, "store_id": STORE, **names, **place}
        town.sure("PUT", f"/v1/stations/{station_id}", "city", station)
    town.sure("PUT", f"/v1/return-machines/{THING}", "store", {"station_id": STATION})
    product = {**names, "price_fen": 500, "grams": 400}
    town.sure("PUT", f"/v1/products/{SKU}", "city", product)
    receipt = {"id": str(uuid7()), "store_id": STORE, "sku": SKU, "units": 9}
    town.sure(
        "POST", "/v1/stock/receipts", "store", receipt | {"lot_id": "L", "expires_on": "2099-01-01"}
    )
    for n in range(3):
        town.sure("PUT", f"/v1/boxes/{box(n)}", "store", {"store_id": STORE})


def hand_out(town: Town) -> None:
    """An order with three boxes is collected at the counter."""
    starts = town.stack.now().astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
    starts = starts.replace(hour=12) + timedelta(days=2)
    slot_id = f"{COMMUNITY}.pickup.{starts:%Y%m%dT%H%M}"
    terms = {
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=1)).isoformat(),
        "cutoff_at": (starts - timedelta(hours=1)).isoformat(),
        "capacity_orders": 9,
        "price_fen": 0,
    }
    town.sure("PUT", f"/v1/slots/{slot_id}", "dispatcher", terms)
    to = {**PLACE, "building": "1", "floor": 1, "has_lift": False}
    order_id = str(uuid7())
    order = {
        "id": order_id,
        "community_id": COMMUNITY,
        "deliver_to": to,
        "lines": [{"sku": SKU, "units": 1}],
        "slot_id": slot_id,
        "boxes": 3,
    }
    town.sure("POST", "/v1/orders", "resident", order, MINE)
    told = {"order_id": order_id, "store_id": STORE}
    lines = {"lines": [{"sku": SKU, "units": 1}]}
    town.sure("POST", "/v1/picks", "store", {"id": str(uuid7())} | told | lines)
    code = town.sure("POST", f"/v1/orders/{order_id}/code", "resident", {}, MINE)["code"]
    body = {"id": str(uuid7()), "code": code, "box_ids": [box(n) for n in range(3)]}
    town.sure("POST", f"/v1/orders/{order_id}/collect", "store", body)


@pytest.fixture(scope="module")
def town(stack: Stack) -> Town:
    made = Town(stack)
    furnish(made)
    hand_out(made)
    assert made.credit() == (0, 3000)
    return made


@pytest.fixture(scope="module")
def machine(stack: Stack, town: Town) -> Device:
    return register(stack, THING, STORE, "MachinePolicyName")


def eventually(look: Callable[[], T]) -> T:
    end = time.monotonic() + SECONDS
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.2)
    return found


def test_a_box_put_into_a_machine_is_refunded_and_rewarded_once(
    town: Town, machine: Device
) -> None:
    announced = {"id": str(uuid7()), "box_id": box(0), "station_id": STATION}
    claim = town.sure("POST", "/v1/returns", "resident", announced, MINE)
    assert (claim["state"], town.credit()) == ("pending", (0, 3000))
    weighed = {"id": str(uuid7()), "material": "cardboard", "station_id": STATION}
    town.sure("POST", "/v1/recyclables", "resident", weighed, MINE)
    put_in = payload_of(1, 1, town.stack.now(), box_id=box(0), claim=claim["id"])
    heavy = payload_of(
        1, 2, town.stack.now(), material="cardboard", grams=3200, claim=weighed["id"]
    )
    with Sensor(machine, town.stack.mqtt) as link:
        for payload in (put_in, put_in):
            link.publish(topic_of(STORE, THING, "box"), payload)
        link.publish(topic_of(STORE, THING, "recyclable"), heavy)
        link.publish(topic_of(STORE, THING, "box"), b"\xff{")
        with pytest.raises(NotPublished):
            link.publish(topic_of(STORE, "another-machine", "box"), put_in)
    assert eventually(lambda: town.credit() == (7, 2000)), town.credit()
    assert eventually(lambda: quarantined(town) == ["malformed"]), quarantined(town)
    assert town.sure("GET", f"/v1/boxes/{box(0)}", "store")["custodian"] == "station"
    assert eventually(lambda: told(town) == ["linli.BoxReturned"]), told(town)


def told(town: Town) -> list[str]:
    """What the resident was told of, by the streams, the bus, its queue and the inbox."""
    answer = town.call("GET", "/v1/me/notices", "resident", who=MINE)
    notices = answer.json()["notices"] if answer.is_success else []  # Phones ask again.
    return [notice["kind"] for notice in notices]


def quarantined(town: Town) -> list[str]:
    name = town.stack.resources[f"{Table.BOXES.capitalize()}Table"]
    items = town.stack.client("dynamodb").scan(TableName=name)["Items"]
    return [i["reason"]["S"] for i in items if i["pk"]["S"].startswith(f"QUARANTINE#{STORE}")]


def test_of_two_stations_that_scan_a_box_at_once_one_has_it(town: Town) -> None:
    points, deposit = town.credit()
    at = town.stack.now().isoformat()

    def scan(station_id: str) -> dict[str, Any]:
        place = {"kind": "station", "id": station_id}
        one = {"id": str(uuid7()), "box_id": box(1), "place": place, "at": at, "returned_by": MINE}
        told = town.sure("POST", "/v1/scans", "store", {"scans": [one]})["scans"][0]
        return dict(told["scanned"])

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(scan, [STATION, OTHER] * 4))
    applied = [one for one in told if one["fate"] == "applied"]
    assert [(one["refund_fen"], one["reward_points"]) for one in applied] == [(1000, 5)]
    assert town.credit() == (points + 5, deposit - 1000)
    answer = town.sure("GET", "/v1/audits", "auditor")
    assert [v for v in answer["verdicts"] if v["verdict"] not in ("holds", "no_subject")] == []


def test_figures_come_from_the_moves(town: Town) -> None:
    def told() -> dict[str, Any]:
        path = f"/v1/packaging-figures?community_id={COMMUNITY}"
        answer = town.call("GET", path, "city")  # Busy machines answer late; phones ask again.
        return dict(answer.json()) if answer.is_success else {}

    counted = (3, 3, 2)
    assert eventually(lambda: sums(told()) == counted), told()
    assert told()["return_rate_bp"] == 6666


def sums(figures: dict[str, Any]) -> tuple[int, ...]:
    return tuple(figures.get(name, 0) for name in ("registered", "out", "back"))
