"""What each store sets aside for a wave, in the order in which a picker walks past it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from linli import catalogue
from linli.catalogue import Product
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.orders import Order
from linli.routing.picking import Slot, picking_order
from linli.waves.lists import PickList, PickView
from linli.waves.rows import PICKS, BodyRow, picks_key, wave_key
from linli.waves.steps import keep_body, read_body


def picks_of(wanted: Sequence[Order], products: Mapping[str, Product]) -> list[PickView]:
    """
    What each store sets aside: by store, then as a picker walks, the coldest last and aisles there
    and back (`linli.routing.picking`); each with the orders that it is for.
    """
    shares: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for order in wanted:
        for line in order.lines:
            for source in line.sources:
                shares[source.store_id, line.sku][order.order_id] += source.units
    found = [_pick(store_id, sku, each, products) for (store_id, sku), each in shares.items()]
    found.sort(key=lambda pick: (pick.store_id, pick.sku))
    stores = dict.fromkeys(pick.store_id for pick in found)
    return [
        pick
        for store_id in stores
        for pick in picking_order([p for p in found if p.store_id == store_id], _slot)
    ]


def _slot(pick: PickView) -> Slot:
    return Slot(pick.zone, pick.shelf)


def _pick(
    store_id: str, sku: str, orders: Mapping[str, int], products: Mapping[str, Product]
) -> PickView:
    product = products.get(sku)
    return PickView(
        store_id=store_id,
        sku=sku,
        units=sum(orders.values()),
        zone=product.zone if product else "ambient",
        shelf=product.shelf or "" if product else "",
        orders=dict(sorted(orders.items())),
    )


def keep_picks(wave_id: str, wanted: Sequence[Order]) -> None:
    """Keep each store's pick list of the wave; again changes nothing."""
    products = catalogue.products_by_id({line.sku for order in wanted for line in order.lines})
    lists: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for pick in picks_of(wanted, products):
        lists[pick.store_id].append(pick.model_dump())
    for store_id, picks in lists.items():
        keep_body(wave_id, picks_key(store_id), picks)


def all_picks(wave_id: str) -> list[PickView]:
    """What the stores set aside for the wave, store by store."""
    rows = reads.query(BodyRow, wave_key(wave_id), BodyRow.sk.startswith(PICKS))
    return [each for row in rows for each in PickList.validate_json(row.body)]


def picks_view(wave_id: str, store_id: str, caller: Caller) -> list[PickView]:
    """
    What one store sets aside for the wave, for who keeps it and the community's dispatchers.

    Raises:
        NotFound: Nothing is to be picked there for it, or it is not the caller's.
    """
    if not caller.holds(Role.DISPATCHER, wave_id.split(".")[0]):
        caller.require(store_id, Role.STORE)
    kept = read_body(wave_id, picks_key(store_id))
    if kept is None:
        raise NotFound
    return PickList.validate_python(kept)
