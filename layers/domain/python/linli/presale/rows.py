"""Presales table: cycles with their SKUs, orders, procurement and arrivals."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel import reads
from linli.kernel.refusals import recorded
from linli.kernel.tables import Row, Table
from linli.presale.model import Arrival, Cycle, PresaleOrder, Procurement, Stack

CYCLE, ORDER = "CYCLE", "ORDER"
BY_DUE, DUE = "by_due", "due"


class CycleRow(Row):
    """
    pk = CYCLE#<cycle_id>, sk = CYCLE; `due_mark` and `due_at` feed the sparse index of cycles
    that the schedule still has to work on.
    """

    table = Table.PRESALES
    community_id = UnicodeAttribute()
    state = UnicodeAttribute()
    body = UnicodeAttribute()
    etag = UnicodeAttribute()
    dropped = UnicodeAttribute(null=True)
    due_mark = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class GoodsRow(Row):
    """
    pk = CYCLE#<cycle_id>, sk = SKU#<sku>; the only items that all orders of a cycle write, one
    for each SKU. They say themselves whether the cycle is open, so that no order has to touch
    the cycle's own item.
    """

    table = Table.PRESALES
    is_open = NumberAttribute()
    terms = UnicodeAttribute()
    promised_units = NumberAttribute()


class ListedRow(Row):
    """pk = COMMUNITY#<community_id>, sk = CYCLE#<cycle_id>: the cycles of a community."""

    table = Table.PRESALES


class OrderRow(Row):
    """
    pk = ORDER#<order id>, sk = ORDER; `body` as promised, what changes later beside it. A refusal
    has state `refused`, its problem in `refusal`, and no body.
    """

    table = Table.PRESALES
    cycle_id = UnicodeAttribute()
    resident_id = UnicodeAttribute()
    state = UnicodeAttribute()
    why = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
    refusal = UnicodeAttribute(null=True)
    fingerprint = UnicodeAttribute()
    paid_fen = NumberAttribute(default=0)
    refunded_fen = NumberAttribute(default=0)
    changed_at = UnicodeAttribute()


class MemberRow(Row):
    """pk = CYCLE#<cycle_id>, sk = ORDER#<order id>: the orders of a cycle, never late."""

    table = Table.PRESALES


class ProcurementRow(Row):
    """pk = CYCLE#<cycle_id>, sk = PROCUREMENT#<sku>"""

    table = Table.PRESALES
    body = UnicodeAttribute()
    ordered_units = NumberAttribute()
    arrived_units = NumberAttribute()
    state = UnicodeAttribute()


class ArrivalRow(Row):
    """pk = CYCLE#<cycle_id>, sk = ARRIVAL#<arrival id>; see `model.Stack`."""

    table = Table.PRESALES
    body = UnicodeAttribute()
    by = UnicodeAttribute()
    at = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    allotted_units = NumberAttribute()
    released_units = NumberAttribute()


class PresalesItem(Row):
    """Any item of the table, for audits."""

    table = Table.PRESALES
    state = UnicodeAttribute(null=True)
    why = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
    cycle_id = UnicodeAttribute(null=True)
    dropped = UnicodeAttribute(null=True)
    promised_units = NumberAttribute(null=True)
    paid_fen = NumberAttribute(null=True)
    refunded_fen = NumberAttribute(null=True)
    ordered_units = NumberAttribute(null=True)
    arrived_units = NumberAttribute(null=True)
    allotted_units = NumberAttribute(null=True)
    released_units = NumberAttribute(null=True)


def cycle_key(cycle_id: str) -> str:
    """The partition of a cycle."""
    return f"CYCLE#{cycle_id}"


def order_key(order_id: object) -> str:
    """The partition of a presale order."""
    return f"ORDER#{order_id}"


def cycle_of(row: "CycleRow | PresalesItem") -> Cycle:
    """The cycle that a row stores."""
    dropped = tuple(filter(None, (row.dropped or "").split(",")))
    cycle = Cycle.model_validate_json(row.body or "")
    return cycle.model_copy(update={"state": row.state, "dropped": dropped})


def order_of(row: "OrderRow | PresalesItem") -> PresaleOrder:
    """
    The presale order that a row stores.

    Raises:
        RecordedRefusal: The row is a refusal.
    """
    if isinstance(row, OrderRow) and row.refusal:
        raise recorded(row.refusal)
    order = PresaleOrder.model_validate_json(row.body or "")
    paid, refunded = int(row.paid_fen or 0), int(row.refunded_fen or 0)
    later = {"state": row.state, "why": row.why, "paid_fen": paid, "refunded_fen": refunded}
    return order.model_copy(update=later)


def orders_of(cycle_id: str) -> list[PresaleOrder]:
    """All orders of a cycle by their ids, read consistently."""
    members = reads.query(MemberRow, cycle_key(cycle_id), MemberRow.sk.startswith("ORDER#"))
    found = reads.batch((OrderRow, member.sk, ORDER) for member in members)
    rows = (found.get(OrderRow, member.sk, ORDER) for member in members)
    return [order_of(row) for row in rows if row is not None]


def procurement_of(row: "ProcurementRow | PresalesItem") -> Procurement:
    """The procurement line that a row stores."""
    line = Procurement.model_validate_json(row.body or "")
    later = {"arrived_units": int(row.arrived_units or 0), "state": row.state}
    return line.model_copy(update=later)


def stack_of(row: ArrivalRow) -> Stack:
    """The arrival that a row stores, with what is left of it."""
    arrival = Arrival.model_validate_json(row.body)
    return Stack(arrival, int(row.allotted_units), int(row.released_units), row.by)


def stacks_of(cycle_id: str) -> list[Stack]:
    """What has come in for a cycle."""
    sort = ArrivalRow.sk.startswith("ARRIVAL#")
    return [stack_of(row) for row in reads.query(ArrivalRow, cycle_key(cycle_id), sort)]
