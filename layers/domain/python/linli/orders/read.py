"""Reading orders: only their owner's, except for the system's own batches."""

from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.orders.model import Order
from linli.orders.rows import BY_RESIDENT, BY_SLOT, ORDER, OrderRow, order_of

MOST_LISTED = 50


def read(order_id: str, resident_id: str | None = None) -> Order:
    """
    The order; of `resident_id` alone, if given.

    Raises:
        NotFound: There is none, or it is somebody else's.
        RecordedRefusal: It was refused.
    """
    row = reads.get(OrderRow, order_id, ORDER)
    if row is None or (resident_id is not None and row.resident_id != resident_id):
        raise NotFound
    return order_of(row)


def of_resident(resident_id: str) -> list[Order]:
    """The newest orders of a resident, at most `MOST_LISTED`, without refusals; may lag."""
    rows = reads.index(OrderRow, BY_RESIDENT, "resident_id", resident_id)
    newest = sorted((row for row in rows if row.state != "refused"), key=lambda r: r.pk)
    return [order_of(row) for row in reversed(newest[-MOST_LISTED:])]


def in_slot(slot_id: str) -> list[Order]:
    """The orders of a slot that the index shows; compare with the slot's taken places."""
    rows = reads.index(OrderRow, BY_SLOT, "slot_id", slot_id)
    return sorted((order_of(row) for row in rows), key=lambda order: order.order_id)
