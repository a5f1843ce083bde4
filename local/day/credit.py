"""Points at work: what was planned is spent, what nobody has is refused, balances add up."""

from local.day.baskets import Basket
from local.day.places import COMMUNITY
from local.day.shopping import order_body, place
from local.day.stage import Stage

CAP_POINTS = 20
DEED_POINTS = 10
POINT_FEN = 100


def spend_too_much(stage: Stage, baskets: tuple[Basket, ...]) -> None:
    """Someone with few points tries to spend one more; then, with many, more than a day's cap."""
    basket = _poorest(stage, baskets)
    if basket is None:
        stage.tally.surprise("nobody with few points plans to spend some")
        return
    subject = basket.resident.subject
    have = _credit(stage, subject).get("available_points", 0)
    body = {**order_body(stage, basket), "lines": [{"sku": _dear(stage, basket), "units": 1}]}
    for name_en, name_zh, points, code in (
        ("One point more than earned", "超出所得积分", have + 1, "not_enough_points"),
        ("More than a day's cap", "超出每日上限", CAP_POINTS + 1, "redemption_cap"),
    ):
        if points > CAP_POINTS:
            _award(stage, subject)
        tried = {"id": stage.calendar.id(f"overspend/{points}"), "spend_points": points}
        answer = place(stage, subject, body | tried)
        stage.tally.check(name_en, name_zh, code, answer.code)


def _poorest(stage: Stage, baskets: tuple[Basket, ...]) -> Basket | None:
    """A basket that is to spend points, of a resident who has fewer than the cap to spare."""
    for number in sorted(stage.tally.spending):
        have = _credit(stage, baskets[number - 1].resident.subject).get("available_points", 0)
        if 0 < have < CAP_POINTS:
            return baskets[number - 1]
    return None


def _award(stage: Stage, subject: str) -> None:
    """The dispatcher vouches for deeds, as many as a day allows, and then for one more."""
    for number, code in enumerate(("ok", "ok", "earning_cap")):
        body = {
            "id": stage.calendar.id(f"deed/{subject}/{number}"),
            "resident_id": subject,
            "deed": "volunteered",
            "points": DEED_POINTS,
        }
        answer = stage.doors.post("/v1/deeds", stage.token("dispatcher"), body)
        if code == "ok":
            stage.tally.expect("deed", answer)
            stage.tally.credit.points_earned += answer.body.get("points", 0)
        else:
            stage.tally.check("One deed too many in a day", "超出每日获取上限", code, answer.code)


def check_balances(stage: Stage) -> None:
    """Count what was spent, and compare it with what each resident's own page says."""
    spent: dict[str, int] = {}
    for purchase in stage.tally.purchases.values():
        points = purchase.answer.body.get("points", 0)
        if purchase.answer.ok and points:
            subject = purchase.basket.resident.subject
            spent[subject] = spent.get(subject, 0) + points
    stage.tally.credit.points_spent = sum(spent.values())
    told = {subject: _credit(stage, subject).get("spent_today_points") for subject in spent}
    same = "equal" if spent and told == spent else f"{told} instead of {spent}"
    stage.tally.check("Points spent, by the residents' own pages", "积分账面核对", "equal", same)


def _credit(stage: Stage, subject: str) -> dict[str, int]:
    answer = stage.doors.get("/v1/me/credit", stage.token("resident", subject))
    return stage.tally.expect(f"credit of {subject}", answer).body


def _dear(stage: Stage, basket: Basket) -> str:
    """The SKU that costs more than the cap's worth and of which the pool has most."""
    dear = [p.sku for p in stage.sample.products if p.price_fen > (CAP_POINTS + 1) * POINT_FEN]
    answer = stage.doors.get(
        "/v1/availability",
        stage.token("resident", basket.resident.subject),
        community_id=COMMUNITY,
        lon=str(basket.resident.place.lon),
        lat=str(basket.resident.place.lat),
        sku=",".join(dear[:10]),
    )
    stage.tally.expect("availability", answer)
    free = {one["sku"]: one["free_units"] for one in answer.body.get("promises", [])}
    return max(dear, key=lambda sku: free.get(sku, 0))
