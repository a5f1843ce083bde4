"""The stores' part of a wave: pick what was promised, and hand it to who rides the route."""

from dataclasses import dataclass
from typing import Any

from local.day.doors import Answer
from local.day.stage import Stage


@dataclass(frozen=True, slots=True)
class PartOf:
    """A store's part of an order that goes with a route."""

    route_id: str
    store_id: str
    order_id: str
    lines: tuple[tuple[str, int], ...]


def parts_of(route_id: str, visits: list[dict[str, Any]]) -> list[PartOf]:
    """What each store of a manifest has to pick, order by order."""
    return [
        PartOf(
            route_id,
            visit["place_id"],
            order_id,
            tuple((i["sku"], i["units"]) for i in visit["items"] if i["order_id"] == order_id),
        )
        for visit in visits
        if visit["kind"] == "collect"
        for order_id in visit["order_ids"]
    ]


def prepare(stage: Stage, parts: list[PartOf]) -> None:
    """All stores pick their parts; then each hands its packed orders over, route by route."""
    stage.each("拣货 picking", lambda part: _pick(stage, part), parts)
    together = sorted({(part.route_id, part.store_id) for part in parts})
    stage.each("交接 hand-over", lambda pair: _hand_over(stage, *pair), together)


def _pick(stage: Stage, part: PartOf) -> None:
    name = f"pick/{part.order_id}/{part.store_id}"
    body = {
        "id": stage.calendar.id(name),
        "order_id": part.order_id,
        "store_id": part.store_id,
        "lines": [{"sku": sku, "units": units} for sku, units in part.lines],
    }
    stage.tally.expect(name, _post(stage, "/v1/picks", part.store_id, body))


def _hand_over(stage: Stage, route_id: str, store_id: str) -> None:
    name = f"hand-over/{route_id}/{store_id}"
    body = {"id": stage.calendar.id(name), "store_id": store_id, "route_id": route_id}
    answer = _post(stage, "/v1/hand-overs", store_id, body)
    stage.tally.expect(name, answer)
    left = [one["order_id"] for one in answer.body.get("orders", []) if not one["handed_over"]]
    if left:
        stage.tally.surprise(f"{name}: not packed {left}")


def _post(stage: Stage, path: str, store_id: str, body: dict[str, Any]) -> Answer:
    token = stage.token("store", f"picker-{store_id}", store_id)
    answer = stage.doors.post(path, token, body)
    for _ in range(3):
        if answer.code not in ("contended", "fault"):
            break
        answer = stage.doors.post(path, token, body)
    return answer
