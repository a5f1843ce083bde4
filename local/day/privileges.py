"""Credit beyond points on orders: a reward, its coupon, a leader, caps of deeds, one taken back."""

from collections.abc import Mapping
from dataclasses import replace

from local.day import errands
from local.day.doors import Answer
from local.day.places import COMMUNITY, Resident
from local.day.stage import Stage

REWARD, COUPON_FEN = "yuan_20", 2000
HOSTED, TIMES = "hosted_event", 4
"""A deed that earns so often in thirty days."""


def enjoy(stage: Stage) -> None:
    """
    Two people whom nobody has seen before: one joins their building's leader, takes a reward for
    points and spends its coupon; the other hosts more than a month's events, one of them by word
    alone.
    """
    store = stage.sample.stores[0]
    home = errands.people(stage, store)[3]
    newcomer, host = (
        replace(home, subject=f"{name}-{stage.calendar.on:%m%d}") for name in ("newcomer", "host")
    )
    promised = _promised_fen(stage)
    _join(stage, newcomer)
    coupon_id = _take_reward(stage, newcomer)
    _use(stage, newcomer, coupon_id)
    stage.tally.credit.commissions_fen += _promised_fen(stage) - promised
    _host(stage, host)


def _post(stage: Stage, role: str, path: str, name: str, body: Mapping[str, object]) -> Answer:
    """As a `role`, or as a resident of that subject."""
    named = ("leader", "dispatcher", "city")
    token = stage.token(role) if role in named else stage.token("resident", role)
    return stage.doors.post(path, token, {"id": stage.calendar.id(f"privilege/{name}"), **body})


def _join(stage: Stage, who: Resident) -> None:
    building = {"community_id": COMMUNITY, "building": who.building.building}
    led = stage.doors.put("/v1/leaders/me", stage.token("leader"), building)
    stage.tally.expect("a leader takes a building on", led)
    for consent, expected in ((False, "invalid"), (True, "ok")):
        body = building | {"consent": consent}
        answer = _post(stage, who.subject, "/v1/me/leader", "join", body)
        name = ("Leader joined by consent", "同意加入楼栋团长")
        if not consent:
            name = ("Leader joined without consent", "未经同意加入楼栋团长")
        stage.tally.check(*name, expected, answer.code)


def _deed(stage: Stage, who: Resident, deed: str, number: int, points: int) -> Answer:
    body = {"resident_id": who.subject, "deed": deed, "points": points, "note": "居委会见证"}
    name = f"{who.subject}/{deed}/{number}"
    answer = _post(stage, "dispatcher", "/v1/deeds", name, body)
    stage.tally.credit.points_earned += answer.body.get("points", 0) if answer.ok else 0
    return answer


def _take_reward(stage: Stage, who: Resident) -> str:
    """Points for deeds, a coupon for the points; not a second one for none."""
    for number in range(2):
        stage.tally.expect("a newcomer's deed", _deed(stage, who, "volunteered", number, 10))
    body = {"community_id": COMMUNITY, "reward": REWARD}
    taken = _post(stage, who.subject, "/v1/redemptions", "reward", body)
    stage.tally.expect("a reward for points", taken)
    stage.tally.credit.rewards_taken += taken.ok
    stage.tally.credit.points_redeemed += taken.body.get("points", 0) if taken.ok else 0
    again = _post(stage, who.subject, "/v1/redemptions", "reward/again", body)
    name = ("A second reward for points that are spent", "积分用完再兑换")
    stage.tally.check(*name, "not_enough_points", again.code)
    return str(taken.body.get("coupon_id", ""))


def _use(stage: Stage, who: Resident, coupon_id: str) -> None:
    """An order with the coupon, which then takes off what it says, and another that has it not."""
    product = errands.goods(stage)[0]
    units = 1 + COUPON_FEN // product.price_fen
    errands.stock_up(stage, stage.sample.stores[0], {product.sku: 2 * units}, "privilege")
    lines, slot_id = [errands.line(product, units)], stage.calendar.slot_id(16)
    order_id = errands.buy(stage, "privilege", who, lines, slot_id, coupons=[coupon_id])
    told = errands.of_order(stage, who, "GET", order_id).body
    off_fen = product.price_fen * units - told.get("total_fen", 0) + told.get("slot_fen", 0)
    name = ("What the coupon took off, in fen", "优惠券抵扣（分）")
    stage.tally.check(*name, str(COUPON_FEN), str(off_fen))
    stage.tally.credit.coupons_fen += off_fen
    body = {
        "community_id": COMMUNITY,
        "deliver_to": who.deliver_to(),
        "lines": lines,
        "slot_id": slot_id,
        "coupons": [coupon_id],
    }
    twice = _post(stage, who.subject, "/v1/orders", "coupon/again", body)
    stage.tally.check("A coupon spent twice", "优惠券重复使用", "coupon_unavailable", twice.code)


def _host(stage: Stage, who: Resident) -> None:
    """As many events as thirty days allow, one more, and one that turns out not to have been."""
    hosted = [_deed(stage, who, HOSTED, number, 1) for number in range(TIMES)]
    for answer in hosted:
        stage.tally.expect("an event hosted", answer)
    over = _deed(stage, who, HOSTED, TIMES, 1)
    name = ("One event more than thirty days allow", "超出三十天内活动次数上限")
    stage.tally.check(*name, "earning_cap", over.code)
    body = {
        "community_id": COMMUNITY,
        "resident_id": who.subject,
        "deed_id": hosted[-1].body.get("id", ""),
        "reason": "活动并未举行",
    }
    back = _post(stage, "city", "/v1/deed-reversals", "reversal", body)
    stage.tally.expect("a deed taken back", back)
    stage.tally.credit.points_taken_back += back.body.get("points", 0) if back.ok else 0
    seen = stage.doors.get("/v1/me/credit", stage.token("resident", who.subject)).body
    reasons = {entry["reason"] for entry in seen.get("entries", [])}
    told = seen.get("balance_points") if "活动并未举行" in reasons else "no reason"
    name = ("Points left, and the reason told", "冲正后积分及原因")
    stage.tally.check(*name, str(TIMES - 1), str(told))


def _promised_fen(stage: Stage) -> int:
    """What the programme has promised and owes in commissions, by the city's own account."""
    path = f"/v1/credit-programmes/{COMMUNITY}/account"
    seen = stage.tally.expect("the programme's account", stage.doors.get(path, stage.token("city")))
    return sum(int(seen.body.get(name, 0)) for name in ("promised_fen", "commissions_fen"))
