"""The end of the day: everybody's audits, and the figures out of the notes."""

from typing import Any

from local.day.baskets import Basket
from local.day.calendar import Calendar
from local.day.figures import Audit, Figures, Fill, MapOrder, MapRoute, MapStore, Orders
from local.day.replay import FillRate, separate
from local.day.stage import Stage
from local.day.tally import Purchase, Tally

SALES_ON = "2024-06-14"
MOST_FINDINGS = 5


def read_audits(stage: Stage) -> list[Audit]:
    """Every audit's verdict as the auditor reads it."""
    answer = stage.doors.get("/v1/audits", stage.token("auditor"))
    stage.tally.expect("audits", answer)
    audits = [_audit(one) for one in answer.body.get("verdicts", [])]
    if not audits:
        stage.tally.surprise("no audit was answered")
    return audits


def _audit(one: dict[str, Any]) -> Audit:
    suspicions = [*one["violations"], *one["unsettled"]]
    return Audit(
        guarantee=one["guarantee"],
        title_en=one["title_en"],
        title_zh=one["title_zh"],
        verdict=one["verdict"],
        checked=one["checked"],
        findings=[f"{each['key']}: {each['what']}" for each in suspicions[:MOST_FINDINGS]],
        note_en=one["note_en"],
        note_zh=one["note_zh"],
    )


def figures_of(
    stage: Stage,
    baskets: tuple[Basket, ...],
    opening: dict[tuple[str, str], int],
    routes: list[MapRoute],
    audits: list[Audit],
    seconds: float,
) -> Figures:
    """The day's figures from its notes; pure but for the numbers in `stage.doors.traffic`."""
    tally, traffic = stage.tally, stage.doors.traffic
    purchases = sorted(tally.purchases.values(), key=lambda one: one.basket.number)
    tally.credit.deposits_charged_fen = tally.credit.boxes_out * deposit_fen(purchases)
    stores = [
        MapStore(one.name_zh, one.name_en, one.place.lon, one.place.lat)
        for one in stage.sample.stores
    ]
    return Figures(
        on=stage.calendar.on.isoformat(),
        sales_on=SALES_ON,
        played_in_seconds=round(seconds, 1),
        requests=len(traffic.seconds),
        request_ms_p50=traffic.milliseconds(0.5),
        request_ms_p95=traffic.milliseconds(0.95),
        orders=orders_of(purchases, tally, stage.calendar),
        fill=Fill(pooled=fill_of(purchases), separate=separate(baskets, opening)),
        waves=tally.waves,
        deliveries=tally.deliveries,
        credit=tally.credit,
        money=tally.money,
        counters=tally.counters,
        sensing=tally.sensing,
        emergency=tally.emergency,
        checks=tally.checks,
        audits=audits,
        surprises=tally.surprises,
        stores=stores,
        map_orders=[_on_map(one) for one in purchases],
        routes=routes,
    )


def orders_of(purchases: list[Purchase], tally: Tally, calendar: Calendar) -> Orders:
    """Counts of the day's orders."""
    of = Orders(placed=len(purchases), resent=tally.resent, cancelled=tally.cancelled)
    tomorrow = calendar.slot_id(10, days=1)
    for purchase in purchases:
        if not purchase.answer.ok:
            code = purchase.answer.code
            of.refused[code] = of.refused.get(code, 0) + 1
            continue
        of.filled += 1
        of.cross_store += len(purchase.store_ids) > 1
        of.helped += purchase.store_ids != {purchase.basket.resident.nearest_store_id}
        of.for_tomorrow += purchase.slot_id == tomorrow
    return of


def deposit_fen(purchases: list[Purchase]) -> int:
    """The deposit of a box, as the orders' answers tell it (0 when none asked for a box)."""
    bodies = [one.answer.body for one in purchases if one.answer.ok and one.answer.body["boxes"]]
    return int(bodies[0]["deposit_fen"] // bodies[0]["boxes"]) if bodies else 0


def fill_of(purchases: list[Purchase]) -> FillRate:
    """Fill rates of the pool as the doors answered."""
    filled = [one for one in purchases if one.answer.ok]
    return FillRate(
        orders=len(purchases),
        filled_orders=len(filled),
        units=sum(one.basket.units for one in purchases),
        filled_units=sum(one.basket.units for one in filled),
    )


def _on_map(purchase: Purchase) -> MapOrder:
    basket = purchase.basket
    home = basket.resident.building
    stores = len(purchase.store_ids)
    filled = "cross_store" if stores > 1 else "filled"
    return MapOrder(
        number=basket.number,
        hour=basket.hour,
        units=basket.units,
        stores=stores,
        state=filled if purchase.answer.ok else "refused",
        code=purchase.answer.code,
        building_zh=home.name_zh,
        building_en=home.name_en,
        lon=home.place.lon,
        lat=home.place.lat,
    )
