"""Residents order: hour by hour, some with boxes, some in map coordinates of another datum."""

import random
from typing import Any

from linli.kernel.geography import gcj_from_wgs
from local.day import paying
from local.day.baskets import Basket
from local.day.doors import Answer
from local.day.places import COMMUNITY
from local.day.stage import Stage
from local.day.tally import Purchase

MORNING_UNTIL_HOUR = 9
"""Orders before this hour go with today's 10:00 wave, whose cut-off it is."""
AFTERNOON_UNTIL_HOUR = 15
BOXED_EVERY = 4
"""One order in so many asks for a returnable box."""
SHIFTED_EVERY = 7
"""One order in so many gives its place in GCJ-02, as a phone's map in China does."""
RESENT_EVERY = 20
EXPECTED_REFUSALS = ("out_of_stock",)


def slot_of(stage: Stage, hour: int) -> str:
    """The package that an order of this hour takes."""
    if hour < MORNING_UNTIL_HOUR:
        return stage.calendar.slot_id(10)
    if hour < AFTERNOON_UNTIL_HOUR:
        return stage.calendar.slot_id(16)
    return stage.calendar.slot_id(10, days=1)


def order_body(stage: Stage, basket: Basket) -> dict[str, Any]:
    """The order of a basket, the same at every sending."""
    number = basket.number
    deliver_to = basket.resident.deliver_to()
    if number % SHIFTED_EVERY == 0:
        lon, lat = gcj_from_wgs(basket.resident.place.lon, basket.resident.place.lat)
        deliver_to |= {"lon": round(lon, 7), "lat": round(lat, 7), "crs": "GCJ02"}
    return {
        "id": stage.calendar.id(f"order/{number}"),
        "community_id": COMMUNITY,
        "deliver_to": deliver_to,
        "lines": [{"sku": sku, "units": units} for sku, units in basket.lines],
        "slot_id": slot_of(stage, basket.hour),
        "boxes": 1 if number % BOXED_EVERY == 0 or number in stage.tally.boxed else 0,
        "spend_points": stage.tally.spending.get(number, 0),
        "pay": "online" if number % paying.ONLINE_EVERY == 0 else "cash",
    }


def order_by_hour(stage: Stage, baskets: tuple[Basket, ...], hours: range) -> None:
    """Let the residents order, hour by hour on the stack's clock, a few at the same time."""
    title = f"下单 orders {hours.start:02d}:00–{hours.stop:02d}:00"
    task = stage.progress.add_task(title, total=sum(one.hour in hours for one in baskets))
    for hour in hours:
        stage.clock_to(stage.calendar.at(hour, 30 if hour < hours.stop - 1 else 15))
        wanted = [basket for basket in baskets if basket.hour == hour]
        bought = []
        for purchase in stage.at_once(lambda one: order(stage, one), wanted):
            bought.append(purchase.order_id)
            stage.progress.advance(task)
        paying.wait_for(stage, *(each for each in bought if each in stage.tally.payers))


def order(stage: Stage, basket: Basket) -> Purchase:
    """Place one basket's order and note the answer; one in `RESENT_EVERY` is sent again."""
    body = order_body(stage, basket)
    answer = place(stage, basket.resident.subject, body)
    stage.tally.expect(f"order {basket.number}", answer, *EXPECTED_REFUSALS)
    if basket.number % RESENT_EVERY == 0:
        _resend(stage, basket, body, answer)
    if answer.ok and answer.body["payment"] == "due":
        paying.pay(stage, basket.resident.subject, body["id"])
    purchase = Purchase(basket, body["id"], body["slot_id"], answer)
    with stage.tally.lock:
        stage.tally.purchases[purchase.order_id] = purchase
    return purchase


def place(stage: Stage, subject: str, body: object) -> Answer:
    """POST an order as a resident; a busy answer is sent again, as the API says is safe."""
    token = stage.token("resident", subject)
    answer = stage.doors.post("/v1/orders", token, body)
    for _ in range(3):
        if answer.code not in ("contended", "fault"):
            break
        answer = stage.doors.post("/v1/orders", token, body)
    return answer


def _resend(stage: Stage, basket: Basket, body: dict[str, Any], first: Answer) -> None:
    again = place(stage, basket.resident.subject, body)
    if (again.status, again.body) != (first.status, first.body):
        stage.tally.surprise(f"order {basket.number} sent twice: {first.code}, then {again.code}")
    with stage.tally.lock:
        stage.tally.resent += 1


def seeded(stage: Stage, name: str) -> random.Random:
    """A source of the day's draws for one purpose."""
    return random.Random(f"{stage.calendar.seed}/{name}")
