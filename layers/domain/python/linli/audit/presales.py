"""Presales in the guarantees: caps and places (I6), demand and what was bought, what is owed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from linli.audit.model import Finding
from linli.presale.audit import CycleRecord
from linli.slots import Slot
from linli.stock import Level, Shelf
from linli.stock.audit import Booked

COUNTED = frozenset({"promised", "voided", "ordered"})
"""States of presale orders whose units count against the maximum: a cancelled one gave them up."""


def expected(
    booked: Mapping[Shelf, Booked], presales: Mapping[str, CycleRecord]
) -> dict[Shelf, Booked]:
    """What is booked, with the units that presales have on their way to each shelf."""
    found: Counter[Shelf] = Counter()
    for record in presales.values():
        found.update(record.inbound)
    told = {shelf: booked.get(shelf) or Booked(Level(*shelf)) for shelf in booked.keys() | found}
    return {
        shelf: replace(each, inbound_units=each.inbound_units + found[shelf])
        for shelf, each in sorted(told.items())
    }


def check(presales: Mapping[str, CycleRecord], slots: Mapping[str, Slot]) -> Iterator[Finding]:
    """I6: nobody was promised beyond a maximum, or a place that a slot does not keep."""
    for cycle_id, record in presales.items():
        for what in (*_caps(record), *_bought(record), *_refunds(record)):
            yield Finding(f"presale {cycle_id}", what, repr(record))
    promised = Counter(
        order.slot_id
        for record in presales.values()
        for order in record.orders
        if order.state == "promised"
    )
    for slot_id in sorted(promised.keys() | slots.keys()):
        slot = slots.get(slot_id)
        kept = slot.reserved_orders if slot else 0
        if kept != promised[slot_id]:
            what = f"{kept} places reserved for {promised[slot_id]} presale orders"
            yield Finding(slot_id, what, (slot, promised[slot_id]))


def _caps(record: CycleRecord) -> Iterator[str]:
    units: Counter[str] = Counter()
    for order in record.orders:
        if order.state in COUNTED:
            units.update(order.wanted)
    for goods in record.cycle.goods:
        promised = record.promised.get(goods.sku, 0)
        if promised != units[goods.sku]:
            yield f"{goods.sku}: {promised} promised, the orders say {units[goods.sku]}"
        if promised > goods.maximum_units:
            yield f"{goods.sku}: {promised} promised of {goods.maximum_units}"


def _bought(record: CycleRecord) -> Iterator[str]:
    """Demand is what the orders want that were not void when it was decided."""
    never = {"unpaid", "sku_dropped", "cycle_failed"}
    served = [o for o in record.orders if o.state in COUNTED and o.why not in never]
    units: Counter[str] = Counter()
    for order in served:
        waits_to_be_void = order.state == "promised" and (
            order.payment == "due" or set(order.wanted) & set(record.cycle.dropped)
        )
        if not waits_to_be_void:
            units.update(order.wanted)
    bought = {line.sku: line.demand_units for line in record.procurements}
    if record.cycle.state in ("ordered", "done") and bought != dict(+units):
        yield f"it bought for {bought}, the orders want {dict(+units)}"
    for line in record.procurements:
        if line.arrived_units != record.arrived.get(line.sku, 0):
            yield f"{line.sku}: {line.arrived_units} arrived, the arrivals say otherwise"
        if record.booked.get(line.sku, 0) > line.arrived_units:
            yield f"{line.sku}: more was booked in than arrived"


def _refunds(record: CycleRecord) -> Iterator[str]:
    """What was paid for an order that is not served is owed back, all of it; see `money` for I5."""
    for order in record.orders:
        ended = order.state in ("cancelled", "voided")
        due = order.paid_fen if ended else 0
        if order.refunded_fen != due:
            yield f"{order.order_id}: {due} to be refunded, {order.refunded_fen} were"
