"""Stores hand their parts of packed orders to the courier; the last one sends the order off."""

from datetime import datetime

from linli.kernel.errors import NotFound
from linli.kernel.transact import Transaction
from linli.orders.model import Order
from linli.orders.states import OutOfOrder, Turn
from linli.orders.turn import carry_out, turn
from linli.orders.wave import WAVELESS


def hand_over(order_id: str, store_id: str, *, by: str, now: datetime) -> Order:
    """
    Note that a store has handed its part over; handing it over again changes nothing.

    Raises:
        NotFound: There is no such order, or the store supplies nothing of it.
        OutOfOrder: It is not packed, or nobody carries it.
    """

    def act(tx: Transaction, order: Order) -> None:
        if store_id not in order.store_ids:
            raise NotFound
        part = order.progress.part(store_id)
        if part is not None and part.handed_over:
            return
        if part is None or order.channel in WAVELESS:
            raise OutOfOrder(state=order.state, turn="hand_over")
        parts = tuple(
            each.model_copy(update={"handed_over": True}) if each == part else each
            for each in order.progress.parts
        )
        name: Turn = "hand_over" if all(each.handed_over for each in parts) else "hand_part"
        progress = order.progress.model_copy(update={"parts": parts})
        turn(tx, order, name, actor=by, now=now, reason=store_id, progress=progress)

    return carry_out(order_id, act)
