"""Cancelling an order that no wave has frozen: everything it held goes back, in one write."""

from datetime import datetime

from linli import slots, stock
from linli.kernel.errors import Conflict
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.orders import hold
from linli.orders.model import Order
from linli.orders.read import read
from linli.orders.rows import ORDER, OrderRow
from linli.orders.rules import sources_of

_TOO_LATE = "only a placed order can be cancelled"


def cancel(order_id: str, *, resident_id: str, now: datetime) -> Order:
    """
    Cancel a placed order; cancelling it again changes nothing.

    Raises:
        NotFound: There is none, or it is somebody else's.
        Conflict: A wave has frozen it, or it has ended.
    """
    order = read(order_id, resident_id)
    if order.state == "cancelled":
        return order
    if order.state != "placed":
        raise Conflict(_TOO_LATE)
    try:
        with transaction() as tx:
            tx.update(
                OrderRow(order_id, ORDER),
                [OrderRow.state.set("cancelled"), OrderRow.changed_at.set(rfc3339(now))],
                condition=OrderRow.state == "placed",
                refusal=Conflict(_TOO_LATE),
            )
            slots.give_back(tx, order.slot_id)
            for source in sources_of(order):
                stock.release(tx, source)
            hold.void(tx, order, now)
    except Conflict:  # Also of the ledger: another request was faster.
        after = read(order_id, resident_id)
        if after.state != "cancelled":
            raise Conflict(_TOO_LATE) from None
        return after
    return read(order_id, resident_id)
