"""
A crowd before one hot shelf: orders for few units of it, which is split, split otherwise and joined
while they are promised, changed, cancelled, delivered, and more comes in.
"""

from collections.abc import Hashable

from linli import orders, stock
from linli.stock.audit import booked
from tests.simulation import requests as r
from tests.simulation.requests import Told
from tests.support import village as v
from tests.support.world import Request, World

HERE, SKU = v.STORES[0], v.SKUS[0]


def crowding(w: World) -> None:
    """Six want one to four units each of a shelf that is split into two to five items."""
    units, shards = w.rng.choice([(7, 2), (7, 5), (16, 3)])
    w.furnish(f"crowding {units} {shards}", lambda: _furnish(units, shards))
    told = Told(opening_units=units)
    for n in range(6):
        _buyer(w, told, n)
    for n in range(2):
        into = [w.rng.randint(1, 5), w.rng.choice((1, 4))]
        w.client(f"splitter {n}", *(_split(f"split {n}.{m}", to) for m, to in enumerate(into)))
    come = r.receive(w, told, HERE, SKU, 2)
    lost = r.write_off(w, told, HERE, SKU, w.rng.randint(1, 3))
    w.client("keeper", come, lost)
    w.run()
    r.check(w, told)
    if not w.violations:
        _check_items(w)


def _furnish(units: int, shards: int) -> None:
    v.furnish({(HERE, SKU): units})
    stock.split(HERE, SKU, shards)


def _buyer(w: World, told: Told, n: int) -> None:
    who, order_id = v.RESIDENTS[n % 4], w.id()
    order = r.place(w, told, order_id, who, {SKU: w.rng.randint(1, 4)})
    cancel = r.cancel(w, told, order_id, who)
    kind = w.rng.choice(["kept", "cancelled", "delivered"])
    if kind == "delivered":
        told_once = r.deliver(w, told, order_id, w.rng.choice(r.OUTCOMES))
        w.client(f"buyer {n}", order, r.freeze(order_id, v.SLOT), r.send_off(order_id), told_once)
    else:
        w.client(f"buyer {n}", order, *([cancel] if kind == "cancelled" else []))
    if w.chance(0.3):
        w.client(f"buyer {n} again", order)


def _split(name: str, shards: int) -> Request:
    def send() -> Hashable:
        stock.split(HERE, SKU, shards)
        return None

    return Request(name, send)


def _check_items(w: World) -> None:
    """When nothing is held any more, a shelf that should be one item can be: nothing gets lost."""
    before = booked()[HERE, SKU].level
    for order in orders.in_slot(v.SLOT):
        if order.state == "placed":
            orders.cancel(order.order_id, resident_id=order.resident_id, now=v.NOON)
    held = booked()[HERE, SKU].level.held_units
    after = stock.split(HERE, SKU, 1)
    if not held and len(after.split) > 1:
        w.violations.append(f"{len(after.split)} items of a shelf where nothing is held")
    if after.on_hand_units != before.on_hand_units:
        w.violations.append(f"joined: {after.on_hand_units} on hand of {before.on_hand_units}")
