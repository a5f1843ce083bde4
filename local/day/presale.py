"""Two presales: one is bought and becomes orders of tomorrow, one is too small and pays back."""

from datetime import timedelta
from typing import Any

from local.day import errands, paying
from local.day.places import COMMUNITY, Resident
from local.day.stage import Stage

BUYERS, UNITS = 3, 2
"""Residents of the presale that is bought, and the units that each of them wants."""
COLLECTS = timedelta(hours=2)


def cycle_id(stage: Stage, name: str) -> str:
    """The id of a presale of the day."""
    return f"{name}-{stage.calendar.on:%Y%m%d}"


def open_presales(stage: Stage) -> None:
    """Announce both, and let residents order: paid online, but for one in cash at the door."""
    store, product = stage.sample.stores[0], errands.goods(stage)[-1]
    opens_at = stage.now()
    price_fen = product.price_fen * 4 // 5
    for name, minimum_fen in (("bought", 0), ("too-small", 1_000_000)):
        goods = {"sku": product.sku, "price_fen": price_fen, "maximum_units": 100}
        body = {
            "community_id": COMMUNITY,
            "store_id": store.store_id,
            "slot_id": stage.calendar.slot_id(10, days=1),
            "goods": [goods],
            "opens_at": opens_at.isoformat(),
            "closes_at": (opens_at + COLLECTS).isoformat(),
            "minimum_fen": minimum_fen,
        }
        path = f"/v1/presale-cycles/{cycle_id(stage, name)}"
        answer = stage.doors.put(path, stage.token("leader"), body)
        stage.tally.expect(f"presale {name}", answer)
    buyers = errands.people(stage, store)[3 : 3 + BUYERS]
    for n, who in enumerate(buyers):
        _order(stage, "bought", who, product.sku, "online" if n else "cash")
    _order(stage, "too-small", buyers[0], product.sku, "online")
    paying.wait_for(stage, *(o for o in stage.tally.presold if o in stage.tally.payers))


def _order(stage: Stage, name: str, who: Resident, sku: str, pay: str) -> None:
    order_id = stage.calendar.id(f"presale/{name}/{who.subject}")
    body: dict[str, Any] = {
        "id": order_id,
        "cycle_id": cycle_id(stage, name),
        "deliver_to": who.deliver_to() | {"contact_phone": errands.PHONE},
        "lines": [{"sku": sku, "units": UNITS}],
        "pay": pay,
    }
    token = stage.token("resident", who.subject)
    answer = stage.doors.post("/v1/presale-orders", token, body)
    stage.tally.expect(f"presale order of {who.subject}", answer)
    stage.tally.presold[order_id] = who.subject
    if pay == "online":
        paying.pay(stage, who.subject, order_id)


def close_presales(stage: Stage) -> None:
    """Their time is over: one is bought, the other pays back; the goods come in and are orders."""
    stage.by_schedule("ClosePresalesFunction")
    store, leader = stage.sample.stores[0], stage.token("leader")
    cycle = cycle_id(stage, "bought")
    found = stage.doors.get("/v1/procurements", leader, cycle_id=cycle)
    stage.tally.expect("procurement", found)
    for want in found.body.get("procurements", []):
        body = {
            "id": stage.calendar.id(f"arrival/{want['sku']}"),
            "store_id": store.store_id,
            "cycle_id": cycle,
            "sku": want["sku"],
            "units": want["ordered_units"],
            "lot_id": f"P{stage.calendar.on:%y%m%d}",
            "expires_on": f"{stage.calendar.on.year + 1}-12-31",
        }
        arrived = stage.doors.post("/v1/presale-arrivals", stage.store_token(store), body)
        stage.tally.expect("goods of the presale", arrived)
    stage.by_schedule("ClosePresalesFunction")
    states = [_state(stage, order_id, who) for order_id, who in sorted(stage.tally.presold.items())]
    expected = str({"ordered": BUYERS, "voided": 1})
    got = str({state: states.count(state) for state in sorted(set(states))})
    stage.tally.check("Presales: bought, and paid back", "预售成团与未成团退款", expected, got)
    of = stage.tally.counters
    of.presale_orders, of.presale_refunded = states.count("ordered"), states.count("voided")


def _state(stage: Stage, order_id: str, who: str) -> str:
    token = stage.token("resident", who)
    answer = stage.doors.get(f"/v1/presale-orders/{order_id}", token)
    return str(answer.body.get("state", answer.code))


def read_share(stage: Stage) -> None:
    """The presale's share of what was handed over in the last week, as the doors tell it."""
    span = {"from": f"{stage.calendar.on - timedelta(days=6)}", "to": f"{stage.calendar.on}"}
    answer = stage.doors.get(
        "/v1/presale-share", stage.token("dispatcher"), community_id=COMMUNITY, **span
    )
    stage.tally.expect("presale share", answer)
    stage.tally.counters.presale_share = answer.body.get("fen_share")
