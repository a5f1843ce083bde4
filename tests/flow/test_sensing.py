"""A sensor over real MQTT, through the topic rule, to an incident that a store closes."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import pytest

from iot.devices.sensor import NotPublished, Sensor, payload_of, topic_of
from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.tables import Table
from local.devices import Device, register
from local.stack import Stack

COMMUNITY, PLACE = "shuting", {"lon": 120.16, "lat": 30.27}
STORE = "690555000001" + gs1_check_digit("690555000001")
THING, KIND, UNIT = "flow-respiration-1", "respiration", "mg/(kg.h)"
SECONDS = 20.0
T = TypeVar("T")


def call(
    stack: Stack, method: str, path: str, role: tuple[str, str], body: Any = None
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {stack.token(role)}"}
    return httpx.request(method, stack.api_url + path, json=body, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def device(stack: Stack) -> Device:
    store = {
        "community_id": COMMUNITY,
        "owner_id": "owner-1",
        "name_zh": "书亭店",
        "name_en": "Shuting store",
        **PLACE,
    }
    answer = call(stack, "PUT", f"/v1/stores/{STORE}", ("city", COMMUNITY), store)
    assert answer.status_code == 200, answer.text
    return register(stack, THING, STORE)


def items(stack: Stack, table: Table) -> list[dict[str, Any]]:
    name = stack.resources[f"{table.capitalize()}Table"]
    found: list[dict[str, Any]] = stack.client("dynamodb").scan(TableName=name)["Items"]
    return found


def incidents(stack: Stack) -> list[dict[str, Any]]:
    answer = call(stack, "GET", "/v1/incidents", ("store", STORE))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["incidents"]
    return found


def eventually(look: Callable[[], T]) -> T:
    end = time.monotonic() + SECONDS
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_a_day_of_a_sensor_opens_one_incident_and_loses_no_message(
    stack: Stack, device: Device
) -> None:
    now = stack.now()
    topic = topic_of(STORE, THING, KIND)
    calm = [payload_of(1, seq, now, 20.0 + seq, UNIT) for seq in range(1, 6)]
    hot = [payload_of(1, seq, now, 96.5 + seq, UNIT) for seq in (7, 8)]
    impossible = payload_of(1, 9, now, 9999.0, UNIT)
    ahead = payload_of(1, 10, now + timedelta(hours=3), 20.0, UNIT)
    with Sensor(device, stack.mqtt) as sensor:
        for payload in [*calm, calm[2], hot[0], hot[0], hot[1], impossible, ahead, b"\xff{"]:
            sensor.publish(topic, payload)
    kept = eventually(lambda: len(rows(stack, "READING#")) == 7 and rows(stack, "READING#"))
    assert kept, rows(stack, "")
    reasons = eventually(lambda: len(quarantined(stack)) == 3 and quarantined(stack))
    assert sorted(reasons or []) == ["from_the_future", "impossible_value", "malformed"]
    found = [one for one in incidents(stack) if one["thing"] == THING]
    assert [one["state"] for one in found] == ["open"]


def test_a_store_closes_its_incident_once(stack: Stack, device: Device) -> None:
    topic = topic_of(STORE, THING, "temperature")
    with Sensor(device, stack.mqtt) as sensor:
        sensor.publish(topic, payload_of(2, 1, stack.now(), 14.5, "Cel"))
    warm = eventually(
        lambda: [i for i in incidents(stack) if i["kind"] == "temperature" and i["thing"] == THING]
    )
    path = f"/v1/incidents/{warm[0]['id']}/close"
    body = {"id": str(uuid7()), "reason": "Door was open 冷柜门未关"}
    first = call(stack, "POST", path, ("store", STORE), body)
    again = call(stack, "POST", path, ("store", STORE), body)
    other = call(stack, "POST", path, ("dispatcher", COMMUNITY), body | {"id": str(uuid7())})
    stranger = call(stack, "POST", path, ("store", "6901234500011"), body)
    assert (first.status_code, again.json()) == (200, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "already_closed")
    assert (stranger.status_code, stranger.json()["code"]) == (404, "not_found")


def test_a_device_may_not_speak_for_another(stack: Stack, device: Device) -> None:
    payload = payload_of(1, 1, stack.now(), 20.0, UNIT)
    with Sensor(device, stack.mqtt) as sensor, pytest.raises(NotPublished):
        sensor.publish(topic_of(STORE, "flow-respiration-2", KIND), payload)


def rows(stack: Stack, prefix: str) -> list[dict[str, Any]]:
    of_thing = [i for i in items(stack, Table.READINGS) if i["pk"]["S"] == f"THING#{THING}"]
    return [i for i in of_thing if i["sk"]["S"].startswith(prefix) and i["kind"]["S"] == KIND]


def quarantined(stack: Stack) -> list[str]:
    return [
        i["reason"]["S"]
        for i in items(stack, Table.READINGS)
        if i["pk"]["S"].startswith(f"QUARANTINE#{STORE}#")
    ]
