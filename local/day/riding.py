"""A wave from its cut-off to the last doorstep: start, offers, the couriers' race, deliveries."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from linli.kernel.time import ZONE, parse_instant
from local.day.boxes import BoxShelf
from local.day.doors import Answer
from local.day.figures import MapRoute, WaveFigures
from local.day.picking import PartOf, parts_of, prepare
from local.day.sample import CourierPerson
from local.day.stage import Stage

SOLVE_SECONDS_MOST = 100.0
OFFERS_SECONDS_MOST = 60.0
POLL_SECONDS = 0.25
TOLD_TWICE_EVERY = 10
Start = Callable[[Stage, str], None]


@dataclass(frozen=True, slots=True)
class Drop:
    """A doorstep of a taken route, still to be made."""

    courier: CourierPerson
    route_id: str
    order_id: str
    at: datetime
    boxes: int
    store_ids: tuple[str, ...]


@dataclass
class Ride:
    """What is on its way: the drops still to be made, in the order of time, and the routes."""

    drops: list[Drop] = field(default_factory=list)
    routes: list[MapRoute] = field(default_factory=list)
    nobody_home: str = ""
    """The one order of the day whose resident does not open."""

    def due(self, until: datetime) -> list[Drop]:
        """Take out the drops that are planned before `until`."""
        due = [drop for drop in self.drops if drop.at < until]
        self.drops = [drop for drop in self.drops if drop.at >= until]
        return due


def start_by_dispatcher(stage: Stage, slot_id: str) -> None:
    """The wave is started by hand, and told so twice: it runs once."""
    body = {"id": stage.calendar.id(f"wave/{slot_id}"), "slot_id": slot_id}
    for _ in range(2):
        answer = stage.doors.post("/v1/waves", stage.token("dispatcher"), body)
        stage.tally.expect(f"start wave {slot_id}", answer)


def start_by_schedule(stage: Stage, slot_id: str) -> None:
    """The wave is started as the schedule does: its target gets the event of that minute."""
    stage.by_schedule("StartWavesFunction")


def run_wave(stage: Stage, slot_id: str, start: Start) -> list[dict[str, Any]]:
    """Start the slot's wave and wait for its manifests; answers its routes' lines."""
    begun = time.monotonic()
    start(stage, slot_id)
    wave = _wait_for(stage, slot_id, begun + SOLVE_SECONDS_MOST)
    if wave.get("state") != "published":
        stage.tally.surprise(f"wave {slot_id}: {wave.get('state')} {wave.get('reason')}")
    routes: list[dict[str, Any]] = wave.get("routes", [])
    unserved = wave.get("unserved", [])
    for left in unserved:
        stage.tally.surprise(f"wave {slot_id} leaves out {left['order_id']}: {left['reason']}")
    stage.tally.waves.append(
        WaveFigures(
            wave_id=slot_id,
            orders=wave.get("orders") or 0,
            unserved=len(unserved),
            routes=len(routes),
            metres=wave.get("metres") or 0,
            baseline_metres=wave.get("baseline_metres") or 0,
            solver=_solver(wave),
            solved_in_seconds=round(time.monotonic() - begun, 1),
        )
    )
    return routes


def _solver(wave: dict[str, Any]) -> str:
    why = wave.get("fallback_from")
    return str(wave.get("solver")) + (f" (instead of {why})" if why else "")


def _wait_for(stage: Stage, wave_id: str, deadline: float) -> dict[str, Any]:
    task = stage.progress.add_task(f"批次 wave {wave_id[-4:-2]}:{wave_id[-2:]}", total=None)
    answer = Answer(0, {})
    while time.monotonic() < deadline:
        answer = stage.doors.get(f"/v1/waves/{wave_id}", stage.token("dispatcher"))
        if answer.body.get("state") in ("published", "failed"):
            break
        time.sleep(POLL_SECONDS)
    stage.progress.update(task, total=1, completed=1)
    stage.tally.expect(f"wave {wave_id}", answer)
    return answer.body


def race(stage: Stage, wave_id: str, routes: list[dict[str, Any]], ride: Ride) -> None:
    """Couriers take what they are offered; for the first route everybody grabs at once."""
    open_ids = {route["route_id"] for route in routes}
    taken: dict[str, CourierPerson] = {}
    deadline = time.monotonic() + OFFERS_SECONDS_MOST
    while open_ids - taken.keys() and time.monotonic() < deadline:
        offers = list(stage.at_once(partial(_offered, stage), stage.sample.couriers))
        for courier, offered in zip(stage.sample.couriers, offers, strict=True):
            for route_id in (open_ids - taken.keys()) & offered:
                if not taken:
                    _everybody_grabs(stage, wave_id, route_id, courier)
                elif not _accept(stage, route_id, courier).ok:
                    continue
                taken[route_id] = courier
        time.sleep(POLL_SECONDS)
    for route_id in sorted(open_ids - taken.keys()):
        stage.tally.surprise(f"nobody was offered {route_id}")
    parts = [part for route_id, one in taken.items() for part in _fetch(stage, route_id, one, ride)]
    prepare(stage, parts)
    ride.drops.sort(key=lambda drop: (drop.at, drop.order_id))
    if not ride.nobody_home and ride.drops:
        ride.nobody_home = ride.drops[len(ride.drops) // 2].order_id


def _offered(stage: Stage, courier: CourierPerson) -> set[str]:
    """The routes that a courier is offered now."""
    answer = stage.doors.get("/v1/routes", stage.token("courier", courier.courier))
    stage.tally.expect(f"offers for {courier.courier}", answer)
    offers = answer.body.get("routes", [])
    return {each["route_id"] for each in offers if each["state"] == "offered"}


def _everybody_grabs(stage: Stage, wave_id: str, route_id: str, offered: CourierPerson) -> None:
    """All couriers want the route at once; it is offered to one of them, who has it."""
    rivals = list(stage.sample.couriers)
    answers = list(stage.at_once(partial(_accept, stage, route_id), rivals))
    winners = [one for one, got in zip(rivals, answers, strict=True) if got.ok]
    if winners != [offered]:
        codes = [answer.code for answer in answers]
        stage.tally.surprise(f"route {route_id} was won by {len(winners)}: {codes}")
    losers = {answer.code for answer in answers if not answer.ok} - {"route_taken"}
    stage.tally.check(
        f"{len(rivals)} couriers grab a route offered to one ({wave_id[-4:-2]}:{wave_id[-2:]})",
        "多名骑手抢派给一人的路线",
        "one has it, others not_offered",
        "one has it, others " + (" ".join(sorted(losers)) or "not_offered"),
    )


def _accept(stage: Stage, route_id: str, courier: CourierPerson) -> Answer:
    body = {"id": stage.calendar.id(f"accept/{route_id}/{courier.courier}")}
    token = stage.token("courier", courier.courier)
    answer = stage.doors.post(f"/v1/routes/{route_id}/accept", token, body)
    return stage.tally.expect(f"accept {route_id}", answer, "not_offered", "route_taken")


def _fetch(stage: Stage, route_id: str, courier: CourierPerson, ride: Ride) -> list[PartOf]:
    """
    The courier's manifest becomes drops to make and a line on the map; answers what the stores
    have to pick for it.
    """
    answer = stage.doors.get(f"/v1/routes/{route_id}", stage.token("courier", courier.courier))
    stage.tally.expect(f"manifest {route_id}", answer)
    points = [(courier.start.lon, courier.start.lat)]
    sources: defaultdict[str, list[str]] = defaultdict(list)
    stops = 0
    for visit in answer.body.get("visits", []):
        if visit["kind"] == "collect":
            place = stage.store_places[visit["place_id"]]
            points.append((place.lon, place.lat))
            for order_id in visit["order_ids"]:
                sources[order_id].append(visit["place_id"])
            continue
        if visit.get("address"):
            points.append((visit["address"]["lon"], visit["address"]["lat"]))
        if visit["kind"] != "deliver":
            continue  # The light items of an order whose large ones come after: told with them.
        stops += 1
        at = parse_instant(visit["leave_at"])
        collected = tuple(sources[visit["place_id"]])
        ride.drops.append(Drop(courier, route_id, visit["place_id"], at, visit["boxes"], collected))
    metres = answer.body.get("metres", 0)
    trade = courier.trade_zh, courier.trade_en
    ride.routes.append(MapRoute(route_id, courier.courier, *trade, stops, metres, points))
    return parts_of(route_id, answer.body.get("visits", []))


def deliver_due(stage: Stage, ride: Ride, boxes: BoxShelf, until: datetime) -> None:
    """Couriers report the drops that are planned before `until`, the clock going with them."""
    due = ride.due(until)
    if not due:
        return
    stage.clock_to(max(drop.at for drop in due) + timedelta(minutes=1))
    title = f"送达 deliveries until {until.astimezone(ZONE):%H:%M}"
    for_each = stage.each(title, lambda d: tell(stage, d, boxes, ride), due)
    stage.tally.deliveries.delivered += sum(state == "delivered" for state in for_each)
    stage.tally.deliveries.failed += sum(state == "failed" for state in for_each)


def tell(stage: Stage, drop: Drop, boxes: BoxShelf, ride: Ride) -> str:
    """Report one drop, some twice; answers the order's state."""
    body = delivery_body(stage, drop, boxes, failed=drop.order_id == ride.nobody_home)
    token = stage.token("courier", drop.courier.courier)
    answer = _post(stage, token, body)
    stage.tally.expect(f"delivery of {drop.order_id}", answer)
    if answer.ok and body["box_ids"]:
        boxes.handed_over(body["box_ids"], stage.who_ordered[drop.order_id].subject)
        with stage.tally.lock:
            stage.tally.credit.boxes_out += len(body["box_ids"])
    if int(body["id"][-2:], 16) % TOLD_TWICE_EVERY == 0:
        again = _post(stage, token, body)
        if again.body.get("order_state") != answer.body.get("order_state"):
            stage.tally.surprise(f"delivery of {drop.order_id} told twice: {again.code}")
        with stage.tally.lock:
            stage.tally.deliveries.resent += 1
    return str(answer.body.get("order_state", answer.code))


def _post(stage: Stage, token: str, body: dict[str, Any]) -> Answer:
    answer = stage.doors.post("/v1/deliveries", token, body)
    for _ in range(3):
        if answer.code not in ("contended", "fault"):
            break
        answer = stage.doors.post("/v1/deliveries", token, body)
    return answer


def delivery_body(stage: Stage, drop: Drop, boxes: BoxShelf, failed: bool) -> dict[str, Any]:
    """What the courier reports of a drop."""
    return {
        "id": stage.calendar.id(f"delivery/{drop.order_id}"),
        "order_id": drop.order_id,
        "outcome": "failed" if failed else "delivered",
        "box_ids": [] if failed else boxes.for_order(drop.order_id, drop.boxes, drop.store_ids),
        "at": drop.at.isoformat(),
    }
