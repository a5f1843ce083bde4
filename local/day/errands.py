"""What the day's scripted orders share: goods of their own, so that no basket goes without them."""

from collections.abc import Mapping
from typing import Any

from local.day.doors import Answer
from local.day.places import COMMUNITY, Resident
from local.day.sample import Product, Store
from local.day.shopping import place
from local.day.stage import Stage

PHONE = "+8613800000001"
"""The contact of scripted orders."""


def goods(stage: Stage, n: int = 3) -> list[Product]:
    """The sample's first products that need no cold, the cheapest first."""
    plain = [product for product in stage.sample.products if product.zone == "ambient"]
    return sorted(plain or stage.sample.products, key=lambda one: one.price_fen)[:n]


def people(stage: Stage, store: Store) -> list[Resident]:
    """Residents whose nearest store it is."""
    near = store.store_id
    return [one for one in stage.residents if one.in_pool and one.nearest_store_id == near]


def stock_up(stage: Stage, store: Store, units: Mapping[str, int], name: str) -> None:
    """The store receives goods for what is scripted."""
    for sku, count in units.items():
        body = {
            "id": stage.calendar.id(f"errand/{name}/{sku}"),
            "store_id": store.store_id,
            "sku": sku,
            "units": count,
            "lot_id": f"E{stage.calendar.on:%y%m%d}",
            "expires_on": f"{stage.calendar.on.year + 1}-12-31",
        }
        answer = stage.doors.post("/v1/stock/receipts", stage.store_token(store), body)
        stage.tally.expect(f"goods for {name}", answer)


def buy(
    stage: Stage, name: str, who: Resident, lines: list[dict[str, Any]], slot_id: str, **more: Any
) -> str:
    """Place a scripted order; answers its id."""
    order_id = stage.calendar.id(f"errand/{name}")
    body = {
        "id": order_id,
        "community_id": COMMUNITY,
        "deliver_to": who.deliver_to() | {"contact_phone": PHONE},
        "lines": lines,
        "slot_id": slot_id,
    }
    stage.tally.expect(f"order for {name}", place(stage, who.subject, body | more))
    return order_id


def of_order(
    stage: Stage, who: Resident, method: str, order_id: str, path: str = "", body: object = None
) -> Answer:
    """What a resident is answered about their order."""
    token = stage.token("resident", who.subject)
    answer = stage.doors.call(method, f"/v1/orders/{order_id}{path}", token, body)
    return stage.tally.expect(f"{method} {path or 'order'} of {order_id}", answer)


def line(product: Product, units: int, **more: Any) -> dict[str, Any]:
    """A line of an order."""
    return {"sku": product.sku, "units": units, **more}
