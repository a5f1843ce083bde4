"""A storm: warning, reserve, packs for paper, deliveries without a network, and the way back."""

import time
from collections.abc import Callable
from typing import Any

from local.day.boxes import BoxShelf
from local.day.places import COMMUNITY
from local.day.riding import Drop, Ride, delivery_body
from local.day.stage import Stage

RESERVE = (
    ("reserve-van-1", "van", 600_000),
    ("reserve-van-2", "van", 600_000),
    ("reserve-robot-1", "robot", 80_000),
)
LEVEL = "orange"
STEP_SECONDS = 40.0
POLL_SECONDS = 0.25


def put_reserve(stage: Stage) -> None:
    """Register the reserve vehicles, long before any storm."""
    for vehicle_id, kind, capacity_grams in RESERVE:
        body = {"community_id": COMMUNITY, "kind": kind, "capacity_grams": capacity_grams}
        path = f"/v1/reserve-vehicles/{vehicle_id}"
        stage.tally.expect(vehicle_id, stage.doors.put(path, stage.token("city"), body))


def warn(stage: Stage, open_routes: int) -> str:
    """The warning comes in, twice; answers the emergency's id once all packs are made."""
    body = {
        "id": stage.calendar.id("warning"),
        "community_id": COMMUNITY,
        "kind": "storm",
        "level": LEVEL,
        "issued_at": stage.now().isoformat(),
        "observed": {"late_orders_permille": 60, "stranded_riders": 1, "network": "degraded"},
    }
    first = stage.doors.post("/v1/warnings", stage.token("city"), body)
    stage.tally.expect("warning", first)
    again = stage.doors.post("/v1/warnings", stage.token("city"), body)
    same = "same" if again.body == first.body else again.code
    stage.tally.check("Storm warning sent twice", "预警重复发送", "same", same)
    emergency_id = str(first.body.get("emergency_id", ""))
    view = _until(stage, emergency_id, lambda now: now["tally"]["packs"] >= open_routes)
    of = stage.tally.emergency
    of.emergency_id, of.level = emergency_id, LEVEL
    waits = [one["seconds_since_warning"] for one in view.get("activations", [])]
    of.minutes_to_activation = round(max(waits) / 60, 2) if waits else None
    of.reserve_vehicles = len(view.get("activations", []))
    of.packs = view.get("tally", {}).get("packs", 0)
    if (of.reserve_vehicles, of.packs) != (len(RESERVE), open_routes):
        stage.tally.surprise(f"storm: {of.reserve_vehicles} vehicles, {of.packs} packs")
    _look_into_packs(stage, emergency_id)
    return emergency_id


def ride_through(stage: Stage, emergency_id: str, ride: Ride, boxes: BoxShelf) -> None:
    """
    Two doorsteps are made on paper while the network is away. The second reached the cloud from
    the courier's phone after all, while its paper says that nobody was home: an open conflict.
    Then the city ends the emergency and the paper is entered.
    """
    on_paper, told_twice = ride.drops[:2]
    ride.drops = ride.drops[2:]
    lines = [_paper_line(stage, drop, boxes) for drop in (on_paper, told_twice)]
    lines[1] |= {"outcome": "failed", "boxes": []}
    online = stage.doors.post(
        "/v1/deliveries",
        stage.token("courier", told_twice.courier.courier),
        delivery_body(stage, told_twice, boxes, failed=False),
    )
    stage.tally.expect("delivery from a phone in the storm", online)
    _end(stage, emergency_id)
    _enter(stage, emergency_id, lines)
    for drop in (on_paper, told_twice):
        taken = boxes.for_order(drop.order_id, drop.boxes, drop.store_ids)
        if taken:
            boxes.handed_over(taken, stage.who_ordered[drop.order_id].subject)
            stage.tally.credit.boxes_out += len(taken)
    stage.tally.deliveries.delivered += 2
    stage.tally.deliveries.offline += 1


def _paper_line(stage: Stage, drop: Drop, boxes: BoxShelf) -> dict[str, Any]:
    told = delivery_body(stage, drop, boxes, failed=False)
    return {
        "order_id": drop.order_id,
        "outcome": "delivered",
        "delivered_at": told["at"],
        "by": drop.courier.courier,
        "boxes": told["box_ids"],
    }


def _look_into_packs(stage: Stage, emergency_id: str) -> None:
    path = f"/v1/emergencies/{emergency_id}/packs"
    answer = stage.doors.get(path, stage.token("dispatcher"))
    stage.tally.expect("packs", answer)
    stops = [stop for pack in answer.body.get("packs", []) for stop in pack["stops"]]
    if not stops or not all(stop["qr"].startswith("LINLI1|") for stop in stops):
        stage.tally.surprise(f"packs: {len(stops)} stops, or one without its code")


def _end(stage: Stage, emergency_id: str) -> None:
    body = {"id": stage.calendar.id("end-of-storm")}
    path = f"/v1/emergencies/{emergency_id}/end"
    for _ in range(2):
        stage.tally.expect("end of the storm", stage.doors.post(path, stage.token("city"), body))
    view = _until(stage, emergency_id, lambda now: now["state"] == "ended")
    if view.get("ended_how") != "city":
        stage.tally.surprise(f"the storm ended by {view.get('ended_how')}")


def _enter(stage: Stage, emergency_id: str, lines: list[dict[str, Any]]) -> None:
    """The paper is entered, twice; one line applies, the other is known already or conflicts."""
    body = {
        "id": stage.calendar.id("paper"),
        "emergency_id": emergency_id,
        "entries": lines,
    }
    token = stage.token("dispatcher")
    answer = stage.doors.post("/v1/reconciliations", token, body)
    stage.tally.expect("reconciliation", answer)
    again = stage.doors.post("/v1/reconciliations", token, body)
    same = "same" if again.body == answer.body else again.code
    stage.tally.check("Paper entered twice", "纸单重复录入", "same", same)
    ended = [line["state"] for line in answer.body.get("lines", [])]
    of = stage.tally.emergency
    of.reconciled_applied = ended.count("applied")
    of.reconciled_conflicts = ended.count("conflict")
    stage.tally.check(
        "Paper: one line new, one against the phone's word",
        "纸单：一条新、一条与手机记录冲突",
        "applied conflict",
        " ".join(ended),
    )


def _until(
    stage: Stage, emergency_id: str, done: Callable[[dict[str, Any]], object]
) -> dict[str, Any]:
    """Read the emergency until `done` says so or `STEP_SECONDS` have passed."""
    deadline = time.monotonic() + STEP_SECONDS
    view: dict[str, Any] = {}
    while time.monotonic() < deadline:
        answer = stage.doors.get(f"/v1/emergencies/{emergency_id}", stage.token("city"))
        stage.tally.expect("emergency", answer)
        view = answer.body
        if answer.ok and done(view):
            return view
        time.sleep(POLL_SECONDS)
    stage.tally.surprise(f"emergency {emergency_id} stays {view.get('state')}")
    return view
