"""Reading orders: only their own people's, except for the system's own batches."""

from pydantic import BaseModel

from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.orders.model import Order
from linli.orders.rows import (
    BY_RESIDENT,
    BY_SLOT,
    ORDER,
    PRESOLD,
    TURN,
    OrderRow,
    TurnRow,
    order_of,
)
from linli.orders.states import STOP_DONE

MOST_LISTED = 50
NO_ORDER = ("refused", PRESOLD)


class TurnView(BaseModel):
    """A step in an order's life: who took it and why, and between which states."""

    turn: str
    before: str | None
    after: str
    actor: str
    reason: str
    at: str


def read(order_id: str, resident_id: str | None = None) -> Order:
    """
    The order; of `resident_id` alone, if given: who placed it, or for whom.

    Raises:
        NotFound: There is none, or it is somebody else's.
        RecordedRefusal: It was refused.
    """
    row = reads.get(OrderRow, order_id, ORDER)
    if row is None:
        raise NotFound
    if row.state == "refused" and resident_id not in (None, row.resident_id):
        raise NotFound
    order = order_of(row)
    if resident_id is not None and resident_id not in order.people:
        raise NotFound
    return order


def of_resident(resident_id: str) -> list[Order]:
    """The newest orders that a resident placed, at most `MOST_LISTED`, no refusals; may lag."""
    rows = reads.index(OrderRow, BY_RESIDENT, "resident_id", resident_id)
    newest = sorted((row for row in rows if row.state not in NO_ORDER), key=lambda r: r.pk)
    return [order_of(row) for row in reversed(newest[-MOST_LISTED:])]


def in_slot(slot_id: str) -> list[Order]:
    """The orders of a slot that the index shows; compare with the slot's taken places."""
    rows = reads.index(OrderRow, BY_SLOT, "slot_id", slot_id)
    return sorted((order_of(row) for row in rows), key=lambda order: order.order_id)


def to_pick(slot_id: str, store_id: str) -> list[Order]:
    """The orders of a slot of which the store still has its part to pick; may lag."""
    return [
        order
        for order in in_slot(slot_id)
        if order.state in ("placed", "frozen", "routed", "picking")
        and order.payment != "due"
        and store_id in order.store_ids
        and order.progress.part(store_id) is None
    ]


def ended_by(order_id: str) -> str | None:
    """Who told that the order's stop ended, if it has: a courier, or `paper`."""
    rows = reads.query(TurnRow, order_id, TurnRow.sk.startswith(TURN))
    return next((row.actor for row in rows if row.after in STOP_DONE), None)


def history(order_id: str, caller: Caller) -> list[TurnView]:
    """
    Every turn of an order from its placing on, in their order.

    Raises:
        NotFound: There is none, or the caller is none of its people, stores and dispatchers.
    """
    row = reads.get(OrderRow, order_id, ORDER)
    if row is None or row.state == "refused":
        raise NotFound
    order = order_of(row)
    mine = caller.subject in order.people and Role.RESIDENT in caller.roles
    keeps = any(caller.holds(Role.STORE, store_id) for store_id in order.store_ids)
    if not (mine or keeps or caller.holds(Role.DISPATCHER, order.community_id)):
        raise NotFound
    first = TurnView(
        turn="place",
        before=None,
        after="placed",
        actor=order.resident_id,
        reason="",
        at=order.placed_at,
    )
    rows = reads.query(TurnRow, order_id, TurnRow.sk.startswith(TURN))
    names = ("turn", "before", "after", "actor", "reason", "at")
    return [first, *(TurnView(**{name: getattr(row, name) for name in names}) for row in rows)]
