"""The first task: freeze each order of a closed slot into the slot's one wave (I6)."""

from datetime import datetime
from typing import Any

from linli import orders, slots
from linli.kernel.errors import Conflict
from linli.waves.model import NotYetVisible, Step
from linli.waves.rows import ORDERS, WaveRow
from linli.waves.steps import advance, keep_body, present, read_body

GONE = ("cancelled", "expired")
"""States in which an order has given back its place of the slot."""


def freeze(step: Step, now: datetime) -> dict[str, Any]:
    """
    Close the slot and freeze its orders.

    The index of orders is late, the slot's count of taken places is not: the wave goes on only
    when as many orders are frozen as places are taken, so that none is forgotten.

    Raises:
        NotYetVisible: Some orders do not show yet; those seen are frozen, ask again.
        Superseded, NotFound: See `steps.present`.
        UnknownSlot, SlotStillOpen: See `slots.close`.
    """
    wave = present(step)
    frozen = read_body(step.wave_id, ORDERS)
    if frozen is None:
        slots.close(step.wave_id, now)
        found = sorted(_freeze_all(step.wave_id, now))
        taken = slots.close(step.wave_id, now).taken_orders  # Read after the last order froze.
        if len(found) != taken:
            raise NotYetVisible(f"{len(found)} of {taken}", found=len(found), taken=taken)
        frozen = keep_body(step.wave_id, ORDERS, found)
    if wave.state == "started":
        advance(step, "frozen", now, [WaveRow.orders.set(len(frozen))])
    return {"wave_id": step.wave_id, "attempt": step.attempt, "orders": len(frozen)}


def _freeze_all(wave_id: str, now: datetime) -> set[str]:
    """
    Ids of the orders that are in the wave now. One cancelled meanwhile gave its place back; one
    not paid by now expires and gives it back, too, unless it is paid at this very moment: then
    it is missing in this count, and found the next time.
    """
    shown = [order for order in orders.in_slot(wave_id) if order.state not in GONE]
    refused = orders.freeze_all([order.order_id for order in shown], wave_id, now)
    for order_id, refusal in refused.items():
        if isinstance(refusal, orders.NotPaid):
            orders.expire(order_id, now, at_cut_off=True)
        elif not isinstance(refusal, Conflict):
            raise refusal
    return {order.order_id for order in shown} - refused.keys()
