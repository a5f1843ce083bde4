"""
From orders and products to what routing knows of a door: mass, volume, cold, floors, skills. Pure.

Frozen goods travel in insulated boxes where the couriers carry enough of them. Where they do not,
an ordinary box has to do, and the shorter time that goods keep in it: better than nobody coming.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from linli.catalogue import Product
from linli.fleet import Courier
from linli.orders import Line, Order
from linli.routing.model import EMERGENCY, Vehicle, Window
from linli.routing.rules import (
    CAPACITY,
    CARRY_GRAMS,
    ROOM,
    Doorstep,
    VehicleKind,
    cold_limit_seconds,
)
from linli.routing.unloading import Item, segmented

KINDS: dict[str, VehicleKind] = {"walk": "walk", "ebike": "e_bike", "van": "van"}
"""Vehicles as couriers name them, to those of the routing rules."""
HEAVY_GOODS = "heavy_goods"
"""The skill that an order over the mass that one person lifts asks for (ISO 11228-1: 25 kg)."""
MILLILITRES_PER_GRAM = 2
"""Volume of goods of which nobody has told it (assumption: between rice, 1.2, and leaves, 4)."""
COLD_BOX_MILLILITRES = 25_000
"""What an insulated box holds (assumption: as a shared box)."""
Parts = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Goods:
    """
    What is known of what is brought: products by SKU, whether the day is hot, whether frozen goods
    have insulated boxes, and by order the grams from which an item is a drop of its own.
    """

    products: Mapping[str, Product]
    hot: bool = False
    insulated: bool = False
    unload: Mapping[str, int] | None = None

    def zone(self, sku: str) -> str:
        """The temperature zone of a product; of one that nobody knows any more, ambient."""
        product = self.products.get(sku)
        return product.zone if product else "ambient"

    def limit(self, sku: str) -> int | None:
        """Seconds that it may be out of the cold."""
        zone = self.zone(sku)
        kept = zone == "frozen" and self.insulated
        return cold_limit_seconds("chilled" if kept else zone, self.hot)

    def millilitres(self, line: Line) -> int:
        """Volume of a unit."""
        product = self.products.get(line.sku)
        told = product.millilitres if product else None
        return told or MILLILITRES_PER_GRAM * line.grams


NOTHING_KNOWN = Goods({})


def goods_for(
    wanted: Iterable[Order],
    couriers: Iterable[Courier],
    products: Mapping[str, Product],
    *,
    hot: bool = False,
    unload: Mapping[str, int] | None = None,
) -> Goods:
    """What is known of the orders' goods; insulated if `couriers` have the boxes for all of it."""
    goods = Goods(products, hot, True, unload)
    needed = sum(sum(_cold_boxes(order, goods).values()) for order in wanted)
    room = sum(cold_room(courier) for courier in couriers)
    return goods if needed <= room else replace(goods, insulated=False)


def cold_room(courier: Courier) -> int:
    """The insulated boxes that a courier carries: their own, or as many as the vehicle holds."""
    return max(1, ROOM[KINDS[courier.vehicle]][1]) if courier.cold_box else 0


def parts_of(order: Order) -> Parts:
    """
    Grams and shared boxes by supplying store: the sources held when the order was placed.

    The boxes stand at the store that gives most of the mass (of equals, the first by id).
    """
    grams: Counter[str] = Counter()
    for store_id, line, units in _shares(order):
        grams[store_id] += units * line.grams
    heaviest = min(grams, key=lambda store_id: (-grams[store_id], store_id))
    return {each: (grams[each], order.boxes if each == heaviest else 0) for each in grams}


def _shares(order: Order) -> Iterator[tuple[str, Line, int]]:
    """Which store gives how many units of which line."""
    for line in order.lines:
        for source in line.sources:
            yield source.store_id, line, source.units


def doorsteps_of(
    order: Order, window: Window, goods: Goods = NOTHING_KNOWN, parts: Parts | None = None
) -> tuple[Doorstep, ...]:
    """
    The order's drops, usually one. `parts` are what is still to be fetched, and where, if that is
    not what its stores give.
    """
    to, told = order.deliver_to, parts_of(order) if parts is None else parts
    whole = Doorstep(
        order_id=order.order_id,
        at=to.point,
        floor=to.floor,
        has_lift=to.has_lift,
        parts=told,
        window=window,
        priority=EMERGENCY if order.emergency else int(order.priority),
        quiet=order.quiet,
        cold_limits=_limits(order, goods),
        cold_boxes=_cold_boxes(order, goods) if goods.insulated else {},
        volumes=_volumes(order, goods),
        skills=skills_for(order),
    )
    threshold = (goods.unload or {}).get(order.order_id)
    if threshold is None or parts is not None:
        return (whole,)
    return segmented(whole, _items(order, goods), threshold, neighbours=1)


def skills_for(order: Order) -> tuple[str, ...]:
    """What whoever brings the order must have learnt."""
    return (HEAVY_GOODS,) if order.grams > CARRY_GRAMS else ()


def _limits(order: Order, goods: Goods) -> dict[str, int]:
    """The shortest time out of the cold of what each store gives."""
    found: dict[str, int] = {}
    for store_id, line, _ in _shares(order):
        limit = goods.limit(line.sku)
        if limit is not None:
            found[store_id] = min(limit, found.get(store_id, limit))
    return found


def _volumes(order: Order, goods: Goods) -> dict[str, int]:
    found: Counter[str] = Counter()
    for store_id, line, units in _shares(order):
        found[store_id] += units * goods.millilitres(line)
    return dict(found)


def _cold_boxes(order: Order, goods: Goods) -> dict[str, int]:
    """The insulated boxes that what each store gives frozen fills."""
    frozen: Counter[str] = Counter()
    for store_id, line, units in _shares(order):
        if goods.zone(line.sku) == "frozen":
            frozen[store_id] += units * goods.millilitres(line)
    return {each: -(-volume // COLD_BOX_MILLILITRES) for each, volume in frozen.items()}


def _items(order: Order, goods: Goods) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = defaultdict(list)
    for store_id, line, units in _shares(order):
        found[store_id].append(Item(line.grams, units, goods.millilitres(line)))
    return found


def with_capacities(
    vehicles: Sequence[Vehicle], couriers: Sequence[Courier]
) -> tuple[Vehicle, ...]:
    """The vehicles with what their couriers say they can carry; who carries more has the room."""
    own = {courier.courier_id: courier for courier in couriers}
    return tuple(_with_capacity(vehicle, own[vehicle.id]) for vehicle in vehicles)


def _with_capacity(vehicle: Vehicle, courier: Courier) -> Vehicle:
    kind = KINDS[courier.vehicle]
    grams, boxes = CAPACITY[kind]
    carried = grams if courier.capacity_grams is None else courier.capacity_grams
    return replace(
        vehicle,
        capacity_grams=carried,
        capacity_boxes=boxes if courier.capacity_boxes is None else courier.capacity_boxes,
        capacity_millilitres=ROOM[kind][0] * max(grams, carried) // grams,
        capacity_cold_boxes=cold_room(courier),
    )
