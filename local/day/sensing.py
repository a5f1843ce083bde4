"""A store's produce sensor over real MQTT: sound, repeated, late and impossible readings."""

import json
import time
from datetime import timedelta
from typing import Any

from iot.devices.sensor import NotPublished, Sensor, topic_of
from local.day.figures import Incident
from local.day.stage import Stage
from local.devices import register

KIND, UNIT = "respiration", "mg/(kg.h)"
"""Carbon dioxide that a kilogram of produce breathes out in an hour."""
CALM, OVER, IMPOSSIBLE = 34.0, 96.5, 9_999.0
INCIDENT_SECONDS = 15.0
POLL_SECONDS = 0.2


def listen(stage: Stage) -> None:
    """Publish a morning's readings, then one over the limit; the store closes its incident."""
    store = stage.sample.stores[0]
    thing = f"respiration-{store.store}"
    device = register(stage.stack, thing, store.store_id)
    boot = stage.calendar.on.toordinal()
    topic = topic_of(store.store_id, thing, KIND)
    with Sensor(device, stage.stack.mqtt) as sensor:
        for payload in wrong_and_calm(stage, boot):
            sensor.publish(topic, payload)
            stage.tally.sensing.published += 1
        _try_foreign_topic(stage, sensor)
        begun = time.monotonic()
        sensor.publish(topic, reading(stage, boot, 100, OVER))
        stage.tally.sensing.published += 1
    _await_incident(stage, store.store_id, thing, begun)


def _try_foreign_topic(stage: Stage, sensor: Sensor) -> None:
    """The device's policy lets it speak for itself only."""
    other = stage.sample.stores[1]
    foreign = topic_of(other.store_id, f"{KIND}-{other.store}", KIND)
    got = "taken"
    try:
        sensor.publish(foreign, b"{}")
    except NotPublished:
        got = "not published"
    stage.tally.check("Sensor under another sensor's name", "冒用其他传感器", "not published", got)


def reading(stage: Stage, boot: int, seq: int, value: float, **other: Any) -> bytes:
    """A reading as the device's firmware writes it; `other` replaces single fields."""
    at = stage.now().isoformat()
    body = {"boot": boot, "seq": seq, "at": at, "value": value, "unit": UNIT}
    return json.dumps(body | other).encode()


def wrong_and_calm(stage: Stage, boot: int) -> list[bytes]:
    """Calm readings with some repeated, some out of order, and some that cannot be."""
    of = stage.tally.sensing
    calm = [reading(stage, boot, seq, CALM + seq % 5) for seq in range(1, 21)]
    repeated = [calm[4], calm[4], calm[11]]
    calm[14], calm[15] = calm[15], calm[14]
    ahead = (stage.now() + timedelta(hours=3)).isoformat()
    wrong = [
        reading(stage, boot, 40, IMPOSSIBLE),
        reading(stage, boot, 41, CALM, at=ahead),
        reading(stage, boot, 42, CALM, unit="Cel"),
        reading(stage, boot, 5, OVER),
        b'{"boot": ',
    ]
    of.duplicates, of.reordered, of.impossible = len(repeated), 2, len(wrong)
    return [*calm, *repeated, *wrong]


def _await_incident(stage: Stage, store_id: str, thing: str, begun: float) -> None:
    """Wait for the one incident, note how long it took, and close it as the store."""
    found: list[dict[str, Any]] = []
    while not found and time.monotonic() < begun + INCIDENT_SECONDS:
        time.sleep(POLL_SECONDS)
        found = _open_incidents(stage, store_id, thing)
    seconds = round(time.monotonic() - begun, 1)
    if len(found) != 1:
        stage.tally.surprise(f"{len(found)} incidents opened for {thing}, not 1")
    for one in found:
        stage.tally.sensing.incidents.append(
            Incident(one["id"], store_id, thing, one["kind"], seconds)
        )
        _close(stage, one)


def _open_incidents(stage: Stage, store_id: str, thing: str) -> list[dict[str, Any]]:
    store = next(one for one in stage.sample.stores if one.store_id == store_id)
    answer = stage.doors.get("/v1/incidents", stage.store_token(store))
    stage.tally.expect("list incidents", answer)
    return [
        one
        for one in answer.body.get("incidents", [])
        if one["thing"] == thing and one["state"] == "open"
    ]


def _close(stage: Stage, incident: dict[str, Any]) -> None:
    if incident["value_milli"] != round(1000 * OVER):
        stage.tally.surprise(f"incident {incident['id']} tells of {incident['value_milli']}")
    body = {
        "id": stage.calendar.id(f"close/{incident['id']}"),
        "reason": "分拣完毕：三成降价、一成下架 Sorted: a third marked down, a tenth taken off",
    }
    path = f"/v1/incidents/{incident['id']}/close"
    answer = stage.doors.post(path, stage.token("dispatcher"), body)
    stage.tally.expect("close incident", answer)
    again = stage.doors.post(path, stage.token("dispatcher"), body)
    same = "same" if again.body == answer.body else again.code
    stage.tally.check("Incident closed twice", "事件重复关闭", "same", same)
