"""What an audit needs of the presales table; reads it whole."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from linli.kernel import reads
from linli.presale.model import Arrival, Cycle, PresaleOrder, Procurement
from linli.presale.rows import PresalesItem, cycle_of, order_of, procurement_of


@dataclass(frozen=True, slots=True)
class CycleRecord:
    """A cycle and everything that hangs on it; units by SKU."""

    cycle: Cycle
    promised: Mapping[str, int]
    orders: tuple[PresaleOrder, ...]
    procurements: tuple[Procurement, ...]
    arrived: Mapping[str, int]
    booked: Mapping[str, int]

    @property
    def inbound(self) -> dict[tuple[str, str], int]:
        """Units that the cycle has on their way to a store, by shelf."""
        return {
            (line.store_id, line.sku): (
                line.ordered_units if line.state == "expected" else line.arrived_units
            )
            - self.booked.get(line.sku, 0)
            for line in self.procurements
        }


def cycles() -> dict[str, CycleRecord]:
    """Every cycle by its id."""
    items = list(reads.scan(PresalesItem))
    orders = {i.pk: order_of(i) for i in items if i.sk == "ORDER" and i.state != "refused"}
    found = {}
    for item in items:
        if item.sk == "CYCLE":
            mine = [i for i in items if i.pk == item.pk]
            found[item.pk.removeprefix("CYCLE#")] = _record(item, mine, orders)
    return found


def _record(
    item: PresalesItem,
    mine: list[PresalesItem],
    orders: Mapping[str, PresaleOrder],
) -> CycleRecord:
    cycle = cycle_of(item)
    own = {key: order for key, order in orders.items() if order.cycle_id == cycle.cycle_id}
    lines = [procurement_of(i) for i in mine if i.sk.startswith("PROCUREMENT#")]
    arrived, booked = Counter[str](), Counter[str]()
    for each in mine:
        if each.sk.startswith("ARRIVAL#"):
            told = Arrival.model_validate_json(each.body or "")
            arrived[told.sku] += told.units
            booked[told.sku] += int(each.allotted_units or 0) + int(each.released_units or 0)
    return CycleRecord(
        cycle=cycle,
        promised={
            i.sk.removeprefix("SKU#"): int(i.promised_units or 0)
            for i in mine
            if i.sk.startswith("SKU#")
        },
        orders=tuple(own[key] for key in sorted(own)),
        procurements=tuple(lines),
        arrived=dict(arrived),
        booked=dict(booked),
    )
