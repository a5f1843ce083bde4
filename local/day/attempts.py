"""What the day tries on purpose, and the stable code with which each must be refused."""

from typing import Any

from local.day.baskets import Basket
from local.day.doors import Answer
from local.day.neighbourhood import TINY_SLOT_HOUR
from local.day.places import Resident
from local.day.shopping import order_body, place
from local.day.stage import Stage

UNSOLD_SKU = "2999999999991"
ELSEWHERE = "qingbo"


def try_wrong_orders(stage: Stage, basket: Basket) -> None:
    """Orders that must be refused, made from a sound `basket` of an hour that is still open."""
    sound = order_body(stage, basket)
    subject = basket.resident.subject

    def attempt(name_en: str, name_zh: str, code: str, change: dict[str, Any]) -> None:
        body = {**sound, "id": stage.calendar.id(f"attempt/{name_en}"), **change}
        stage.tally.check(name_en, name_zh, code, place(stage, subject, body).code)

    line = sound["lines"][0]
    there = sound["deliver_to"]
    swapped = {**there, "lon": there["lat"], "lat": there["lon"]}
    unoffered = stage.calendar.slot_id(3)
    attempt("Unknown product", "未知商品", "unknown_sku", {"lines": [{**line, "sku": UNSOLD_SKU}]})
    attempt(
        "Wrong check digit", "校验位错误", "invalid", {"lines": [{**line, "sku": "2100010000065"}]}
    )
    attempt("Longitude and latitude swapped", "经纬度颠倒", "invalid", {"deliver_to": swapped})
    attempt("Zero units", "数量为零", "invalid", {"lines": [{**line, "units": 0}]})
    attempt("A field that does not exist", "多余字段", "invalid", {"colour": "red"})
    attempt("Id that is no UUIDv7", "编号格式错误", "invalid", {"id": "order-1"})
    attempt("Slot that nobody offers", "不存在的时段", "unknown_slot", {"slot_id": unoffered})
    _try_outside(stage, sound)
    broken = stage.doors.post("/v1/orders", stage.token("resident", subject), b'{"id": ')
    stage.tally.check("Body that is no JSON", "请求体不是 JSON", "invalid", broken.code)


def _try_outside(stage: Stage, sound: dict[str, Any]) -> None:
    resident = next(one for one in stage.residents if not one.in_pool)
    body = {
        **sound,
        "id": stage.calendar.id("attempt/outside"),
        "deliver_to": resident.deliver_to(),
    }
    answer = place(stage, resident.subject, body)
    stage.tally.check("Home beyond every pool", "超出配送范围", "outside_every_pool", answer.code)
    body = {**sound, "id": stage.calendar.id("attempt/points"), "spend_points": 1}
    answer = place(stage, resident.subject, body)
    stage.tally.check("Points that nobody earned", "积分不足", "not_enough_points", answer.code)


def try_wrong_people(stage: Stage, basket: Basket) -> None:
    """Callers without, with a forged, or with somebody else's right."""
    body = {**order_body(stage, basket), "id": stage.calendar.id("attempt/people")}
    order_path = f"/v1/orders/{stage.calendar.id(f'order/{basket.number}')}"
    neighbour = _neighbour_of(stage, basket.resident)
    foreign = stage.token("resident", "stranger", ELSEWHERE)
    forged = stage.token("resident", basket.resident.subject)[:-6] + "AAAAAA"
    post, get = stage.doors.post, stage.doors.get
    answers: list[tuple[str, str, str, Answer]] = [
        ("No token", "无令牌", "http_401", post("/v1/orders", None, body)),
        ("Forged token", "伪造令牌", "http_401", post("/v1/orders", forged, body)),
        (
            "Another community's resident",
            "外社区居民",
            "not_found",
            post("/v1/orders", foreign, body),
        ),
        (
            "A courier orders",
            "骑手身份下单",
            "forbidden",
            post("/v1/orders", stage.token("courier"), body),
        ),
        ("A neighbour's order read", "查看邻居订单", "not_found", get(order_path, neighbour)),
        ("Audits read by a resident", "居民查看审计", "forbidden", get("/v1/audits", neighbour)),
    ]
    for name_en, name_zh, code, answer in answers:
        stage.tally.check(name_en, name_zh, code, answer.code)


def try_id_again(stage: Stage, basket: Basket) -> None:
    """An order's id sent with another body."""
    body = order_body(stage, basket)
    body["lines"] = [{**body["lines"][0], "units": body["lines"][0]["units"] + 1}]
    answer = place(stage, basket.resident.subject, body)
    stage.tally.check("Order's id with another body", "同号不同内容", "id_reused", answer.code)


def try_closed_slot(stage: Stage, basket: Basket) -> None:
    """An order for today's first wave after its cut-off."""
    body = order_body(stage, basket)
    body |= {"id": stage.calendar.id("attempt/closed"), "slot_id": stage.calendar.slot_id(10)}
    answer = place(stage, basket.resident.subject, body)
    stage.tally.check("Slot after its cut-off", "已截单的时段", "slot_closed", answer.code)


def try_full_slot(stage: Stage, first: Basket, second: Basket) -> None:
    """A chosen time with room for one: the second is refused, the first then cancels twice."""
    slot_id = stage.calendar.slot_id(TINY_SLOT_HOUR)
    bodies = [
        {**order_body(stage, one), "id": stage.calendar.id(f"chosen/{n}"), "slot_id": slot_id}
        for n, one in enumerate((first, second))
    ]
    taken = place(stage, first.resident.subject, bodies[0])
    full = place(stage, second.resident.subject, bodies[1])
    stage.tally.check("Chosen time, first order", "自选时段首单", "ok", taken.code)
    stage.tally.check("Chosen time, second order", "自选时段已满", "slot_full", full.code)
    token = stage.token("resident", first.resident.subject)
    for title_en, title_zh in (("Cancelled", "取消订单"), ("Cancelled again", "再次取消")):
        answer = stage.doors.post(f"/v1/orders/{bodies[0]['id']}/cancel", token, {})
        state = str(answer.body.get("state", answer.code))
        stage.tally.check(title_en, title_zh, "cancelled", state)
    stage.tally.cancelled += 1


def _neighbour_of(stage: Stage, resident: Resident) -> str:
    other = next(one for one in stage.residents if one.subject != resident.subject)
    return stage.token("resident", other.subject)
