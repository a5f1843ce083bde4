"""
The schedule's part: close cycles at their cut-off, decide, refund or buy, serve what arrived.

Every step is one conditional write that leads the cycle, or one of its orders, a step further, so
that it may be cut off anywhere, repeated, and done by two at once.
"""

from datetime import datetime

from linli import slots, stock
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.presale.cycles import procurements, read_row
from linli.presale.ending import void
from linli.presale.model import Cycle, PresaleOrder, Procurement
from linli.presale.rows import (
    BY_DUE,
    CYCLE,
    DUE,
    CycleRow,
    GoodsRow,
    ProcurementRow,
    cycle_key,
    cycle_of,
    orders_of,
)
from linli.presale.rules import Outcome, in_cases, outcome
from linli.presale.serve import release, serve


def close_presales(now: datetime) -> list[str]:
    """
    Work on all cycles that are due at `now`; again: nothing more.

    Returns:
        The ids of the cycles that were looked at.

    Raises:
        ExceptionGroup: What went wrong with some, after the others had their turn.
    """
    rows = reads.index(CycleRow, BY_DUE, "due_mark", DUE)
    due = sorted(row.pk.removeprefix("CYCLE#") for row in rows if row.due_at <= rfc3339(now))
    faults: list[Exception] = []
    for cycle_id in due:
        try:
            advance(cycle_id, now)
        except Exception as fault:  # One cycle's trouble must not keep the others waiting.
            faults.append(fault)
    if faults:
        raise ExceptionGroup("some presales could not be worked on", faults)
    return due


def advance(cycle_id: str, now: datetime) -> Cycle:
    """Lead one cycle as far as it can go at `now`."""
    cycle = cycle_of(read_row(cycle_id))
    if cycle.state == "open":
        if now < cycle.cut_off_at:
            return cycle
        _freeze(cycle)
        cycle = cycle_of(read_row(cycle_id))
    found = orders_of(cycle_id)
    if cycle.state == "closing":
        # No order can be added, paid or cancelled any more: this reads what will stay.
        _decide(cycle, outcome(cycle, _live(found)))
        cycle = cycle_of(read_row(cycle_id))
    if cycle.state in ("failed", "ordered"):
        _settle(cycle, _live(found), now)
    return cycle_of(read_row(cycle_id))


def _live(orders: list[PresaleOrder]) -> list[PresaleOrder]:
    return [order for order in orders if order.state == "promised"]


def _freeze(cycle: Cycle) -> None:
    """Stop the collection, all SKUs at once."""
    key = cycle_key(cycle.cycle_id)
    try:
        with transaction() as tx:
            tx.update(
                CycleRow(key, CYCLE),
                [CycleRow.state.set("closing")],
                condition=CycleRow.state == "open",
                refusal=AlreadyDone(),
            )
            for goods in cycle.goods:
                tx.update(GoodsRow(key, f"SKU#{goods.sku}"), [GoodsRow.is_open.set(0)])
    except AlreadyDone:
        return  # Somebody else has closed it at this very moment, which is all we want.


def _decide(cycle: Cycle, found: Outcome) -> None:
    """Write down what becomes of the cycle, and what it buys."""
    key, cases = cycle_key(cycle.cycle_id), {g.sku: g.case_units for g in cycle.goods}
    try:
        with transaction() as tx:
            tx.update(
                CycleRow(key, CYCLE),
                [
                    CycleRow.state.set(found.state),
                    CycleRow.dropped.set(",".join(found.dropped)),
                ],
                condition=CycleRow.state == "closing",
                refusal=AlreadyDone(),
            )
            for sku, units in sorted(found.demand.items()):
                ordered = in_cases(units, cases[sku])
                line = Procurement(
                    cycle_id=cycle.cycle_id,
                    community_id=cycle.community_id,
                    store_id=cycle.store_id,
                    sku=sku,
                    demand_units=units,
                    case_units=cases[sku],
                    ordered_units=ordered,
                )
                tx.put(
                    ProcurementRow(
                        key,
                        f"PROCUREMENT#{sku}",
                        body=line.model_dump_json(),
                        ordered_units=ordered,
                        arrived_units=0,
                        state="expected",
                    )
                )
                stock.expect(tx, cycle.store_id, sku, ordered)
    except AlreadyDone:
        return


def _settle(cycle: Cycle, live: list[PresaleOrder], now: datetime) -> None:
    """Refund who is not served, serve who can be, and end the cycle when nobody waits."""
    wanted = []
    for order in live:
        why = _void_because(cycle, order)
        if why:
            void(order, why, now)
        else:
            wanted.append(order)
    slot = slots.read(cycle.slot_id)
    waiting = serve(cycle, slot, wanted, now)
    if waiting and (slot.state != "open" or now >= slot.cutoff_at):
        for order in waiting:
            void(order, "not_delivered", now)
        waiting = []
    if not waiting and not _live(orders_of(cycle.cycle_id)):
        _finish(cycle, now)


def _void_because(cycle: Cycle, order: PresaleOrder) -> str | None:
    if cycle.state == "failed":
        return "cycle_failed"
    if order.payment == "due":
        return "unpaid"
    return "sku_dropped" if set(cycle.dropped) & set(order.wanted) else None


def _finish(cycle: Cycle, now: datetime) -> None:
    """What is left over goes to everybody, what never came is expected no more."""
    release(cycle, now)
    key, lines = cycle_key(cycle.cycle_id), procurements(cycle.cycle_id)
    state = "done" if cycle.state == "ordered" else cycle.state
    try:
        with transaction() as tx:
            tx.update(
                CycleRow(key, CYCLE),
                [CycleRow.state.set(state), CycleRow.due_mark.remove()],
                condition=(CycleRow.state == cycle.state) & CycleRow.due_mark.exists(),
                refusal=AlreadyDone(),
            )
            for line in lines:
                tx.update(
                    ProcurementRow(key, f"PROCUREMENT#{line.sku}"),
                    [ProcurementRow.state.set("done")],
                    condition=ProcurementRow.arrived_units == line.arrived_units,
                    refusal=Conflict("more goods came"),
                )
                if missing := line.ordered_units - line.arrived_units:
                    stock.expect(tx, line.store_id, line.sku, -missing)
    except (AlreadyDone, Conflict):
        return  # Done by somebody else, or more goods came: the next run sees to them.
