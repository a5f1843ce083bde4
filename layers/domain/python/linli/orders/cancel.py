"""Cancelling an order that no wave has frozen: everything it held goes back, in one write."""

from datetime import datetime

from linli import lockers, slots, stock
from linli.kernel.errors import NotFound
from linli.kernel.transact import Transaction
from linli.orders import hold
from linli.orders.model import Order
from linli.orders.refund import reprice
from linli.orders.rules import sources_of
from linli.orders.turn import carry_out, turn


def cancel(order_id: str, *, resident_id: str, now: datetime, reason: str = "") -> Order:
    """
    Cancel a placed order; cancelling it again changes nothing. What was paid goes back.

    Raises:
        NotFound: There is none, or it is somebody else's.
        OutOfOrder: A wave has frozen it, a store picks it, or it has ended.
    """

    def act(tx: Transaction, order: Order) -> None:
        if resident_id not in order.people:
            raise NotFound
        if order.state == "cancelled":
            return
        progress = reprice(tx, order, 0, reason="cancelled", now=now)
        turn(tx, order, "cancel", actor=resident_id, now=now, reason=reason, progress=progress)
        give_back(tx, order, now)

    return carry_out(order_id, act)


def give_back(tx: Transaction, order: Order, now: datetime) -> None:
    """Give back what a placed order holds: its places, its units, its points and deposits."""
    slots.give_back(tx, order.slot_id)
    if order.locker is not None:
        lockers.give_back(tx, order.community_id, order.locker)
    for source in sources_of(order):
        stock.release(tx, source)
    hold.void(tx, order, now)
