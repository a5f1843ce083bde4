"""Loads the neighbourhood through the HTTP doors: what is there already is left alone."""

from datetime import timedelta
from typing import Any, cast

from linli.fleet.documents import NEEDED
from linli.fleet.model import Vehicle
from local.day.baskets import DayOfDemand
from local.day.places import COMMUNITY
from local.day.sample import CourierPerson, Product, Store
from local.day.stage import Stage

SLOT_HOURS = (10, 16)
PICKUP_HOUR, LOCKER_HOUR = 17, 15
CUTOFF_HOURS_BEFORE = 1
SLOT_HOURS_LONG = 3
SLOT_CAPACITY = 160
PACKAGE_FEN = 0
TINY_SLOT_HOUR = 19
MOST_FAULTS = 10
CHOSEN_TIME_FEN = 2000
RECEIVED_CELSIUS = {"chilled": 3.5, "frozen": -19.0}
LONG_VALID_ON = "2099-12-31"
SHELF_DAYS = {"ambient": 30, "chilled": 4, "frozen": 90}

Call = tuple[str, str, str, dict[str, Any]]
"""Method, path, token, body."""


class DoorsClosed(Exception):
    """The stack's doors do not answer as they should: no day can be played."""


def load(stage: Stage, day: DayOfDemand) -> None:
    """
    Register stores, products, couriers and slots, and receive the opening stock.

    Raises:
        DoorsClosed: The stack does not answer.
    """
    first = stage.doors.get("/v1/stores", stage.token("city"), community_id=COMMUNITY)
    if not first.ok:
        raise DoorsClosed(f"GET /v1/stores answers {first.status} {first.code}: see `make logs`")
    stage.each("门店商品 catalogue", lambda call: _send(stage, call), catalogue_calls(stage))
    stage.each("骑手时段 couriers, slots", lambda call: _send(stage, call), people_calls(stage))
    stage.each(
        "骑手证件 couriers' documents", lambda one: _papers(stage, one), stage.sample.couriers
    )
    stage.each("到货 goods received", lambda call: _send(stage, call), receipt_calls(stage, day))
    if len(stage.tally.surprises) > MOST_FAULTS:
        told = "; ".join(stage.tally.surprises[:3])
        raise DoorsClosed(f"the neighbourhood could not be loaded: {told} …: see `make logs`")


def opening_stock(stage: Stage) -> dict[tuple[str, str], int]:
    """Units that the pool may promise, by (store id, SKU), as the doors tell them now."""
    opening = {}
    for store in stage.sample.stores:
        answer = stage.doors.get(f"/v1/stock/{store.store_id}", stage.store_token(store))
        stage.tally.expect(f"stock of {store.name_en}", answer)
        for level in answer.body.get("levels", []):
            opening[store.store_id, level["sku"]] = level["free_units"]
    return opening


def catalogue_calls(stage: Stage) -> list[Call]:
    """PUTs for the stores and products that are not there yet, and for a locker at a gate."""
    city = stage.token("city")
    stores = stage.doors.get("/v1/stores", city, community_id=COMMUNITY)
    products = stage.doors.get("/v1/products", city)
    stage.tally.expect("list stores", stores)
    stage.tally.expect("list products", products)
    there = {one["store_id"] for one in stores.body.get("stores", [])}
    there |= {one["sku"] for one in products.body.get("products", [])}
    calls = [_store(city, one) for one in stage.sample.stores if one.store_id not in there]
    calls.append(_locker(city, stage.sample.stores[-1]))
    return calls + [_product(city, one) for one in stage.sample.products if one.sku not in there]


def people_calls(stage: Stage) -> list[Call]:
    """PUTs for the couriers, and for today's and tomorrow's slots."""
    calls = [_courier(stage, courier) for courier in stage.sample.couriers]
    calls += [_slot(stage, hour) for hour in SLOT_HOURS]
    calls += [_slot(stage, PICKUP_HOUR, channel="pickup")]
    calls += [_slot(stage, LOCKER_HOUR, channel="locker")]
    return [*calls, _slot(stage, SLOT_HOURS[0], days=1), _tiny_slot(stage)]


def receipt_calls(stage: Stage, day: DayOfDemand) -> list[Call]:
    """Receipts that bring each store up to the day's opening stock."""
    free = opening_stock(stage)
    calls = []
    for store in stage.sample.stores:
        for product in stage.sample.products:
            key = store.store_id, product.sku
            units = day.opening[key] - free.get(key, 0)
            if units > 0:
                calls.append(_receipt(stage, store, product, units))
    return calls


def _send(stage: Stage, call: Call) -> None:
    method, path, token, body = call
    stage.tally.expect(f"{method} {path}", stage.doors.call(method, path, token, body))


def _store(token: str, store: Store) -> Call:
    body = {
        "community_id": COMMUNITY,
        "owner_id": store.owner_id,
        "name_zh": store.name_zh,
        "name_en": store.name_en,
        "lon": store.place.lon,
        "lat": store.place.lat,
    }
    return "PUT", f"/v1/stores/{store.store_id}", token, body


def _locker(token: str, store: Store) -> Call:
    """A bank of compartments beside a store."""
    body = {
        "community_id": COMMUNITY,
        "name_zh": "东门智能柜",
        "name_en": "East gate lockers",
        "lon": store.place.lon,
        "lat": store.place.lat,
        "compartments": [{"size": "M", "count": 20, "most_grams": 8000}],
    }
    return "PUT", "/v1/lockers/east-gate", token, body


def _product(token: str, product: Product) -> Call:
    body = {
        "name_zh": product.name_zh,
        "name_en": product.name_en,
        "price_fen": product.price_fen,
        "grams": product.mass_grams,
        "zone": product.zone,
    }
    return "PUT", f"/v1/products/{product.sku}", token, body


def _courier(stage: Stage, courier: CourierPerson) -> Call:
    body = {
        "community_id": COMMUNITY,
        "trade": courier.trade_en,
        "vehicle": courier.vehicle,
        "capacity_grams": courier.capacity_grams,
        "capacity_boxes": courier.capacity_boxes,
        "cold_box": True,
        "start": {"lon": courier.start.lon, "lat": courier.start.lat},
        "shift": {"opens": "08:00", "closes": "20:00"},
    }
    return "PUT", "/v1/couriers/me", stage.token("courier", courier.courier), body


def _papers(stage: Stage, courier: CourierPerson) -> None:
    """A courier hands in what their vehicle needs; the dispatcher, who has seen it, verifies it."""
    for kind in sorted(NEEDED[cast(Vehicle, courier.vehicle)]):
        paper = {
            "number": f"{courier.courier}-{kind.replace('_', '-')}",
            "expires_on": LONG_VALID_ON,
        }
        body = {"community_id": COMMUNITY, **paper}
        token = stage.token("courier", courier.courier)
        path = f"/v1/couriers/me/documents/{kind}"
        answer = stage.tally.expect(f"PUT {path}", stage.doors.call("PUT", path, token, body))
        verdict = {
            "id": stage.calendar.id(f"judge/{courier.courier}/{kind}"),
            "community_id": COMMUNITY,
            "version": answer.body.get("version", 1),
            "verdict": "verified",
        }
        path = f"/v1/couriers/{courier.courier}/documents/{kind}/judge"
        answer = stage.doors.post(path, stage.token("dispatcher"), verdict)
        stage.tally.expect(f"POST {path}", answer)


def _slot(
    stage: Stage,
    hour: int,
    days: int = 0,
    capacity_orders: int = SLOT_CAPACITY,
    price_fen: int = PACKAGE_FEN,
    channel: str = "courier",
) -> Call:
    starts_at = stage.calendar.at(hour, days=days)
    body = {
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=SLOT_HOURS_LONG)).isoformat(),
        "cutoff_at": (starts_at - timedelta(hours=CUTOFF_HOURS_BEFORE)).isoformat(),
        "capacity_orders": capacity_orders,
        "price_fen": price_fen,
    }
    path = f"/v1/slots/{stage.calendar.slot_id(hour, days, channel)}"
    return "PUT", path, stage.token("dispatcher"), body


def _tiny_slot(stage: Stage) -> Call:
    """A chosen time with a premium and room for one order, to see a slot full."""
    return _slot(stage, TINY_SLOT_HOUR, capacity_orders=1, price_fen=CHOSEN_TIME_FEN)


def _receipt(stage: Stage, store: Store, product: Product, units: int) -> Call:
    expires_on = stage.calendar.on + timedelta(days=SHELF_DAYS[product.zone])
    body: dict[str, Any] = {
        "id": stage.calendar.id(f"receipt/{store.store_id}/{product.sku}/{units}"),
        "store_id": store.store_id,
        "sku": product.sku,
        "units": units,
        "lot_id": f"L{stage.calendar.on:%y%m%d}",
        "expires_on": expires_on.isoformat(),
    }
    if product.zone in RECEIVED_CELSIUS:
        body["received_celsius"] = RECEIVED_CELSIUS[product.zone]
    return "POST", "/v1/stock/receipts", stage.store_token(store), body
