"""Orders that their wave cannot bring: into another slot, or given up with everything they hold."""

from collections.abc import Callable
from datetime import datetime

from linli import lockers, slots
from linli.kernel.errors import Conflict
from linli.kernel.transact import Transaction
from linli.lockers import LockerFull, LockerPlace
from linli.orders.cancel import give_back
from linli.orders.model import Order
from linli.orders.refund import reprice
from linli.orders.rows import OrderRow, body_of
from linli.orders.turn import carry_out, turn
from linli.slots import SlotFull

Beside = Callable[[Transaction], None]
"""What the wave writes in the same transaction: that it has the order no more."""


class OnARoute(Conflict):
    """A courier is to bring the order."""

    code = "on_a_route"
    title_en = "A courier is to bring this order"
    title_zh = "该订单已安排配送"


def postpone(
    order_id: str, slot_id: str, beside: Beside, *, by: str, reason: str, now: datetime
) -> Order:
    """
    Move a frozen order that is on no route to another slot of its channel: it waits for that
    slot's wave as if it had been placed there, and may be cancelled until then. It keeps its
    price. Done before: nothing changes.

    Raises:
        OutOfOrder: It is not frozen.
        OnARoute: A courier is to bring it.
        SlotFull: The other slot is full or closed.
        LockerFull: Its compartment is another's on that day.
    """

    def act(tx: Transaction, order: Order) -> None:
        if order.slot_id == slot_id and order.state == "placed":
            return
        _check_free(order)
        moved = order.model_copy(update={"slot_id": slot_id, "locker": _another(order, slot_id)})
        actions = [
            OrderRow.slot_id.set(slot_id),
            OrderRow.body.set(body_of(moved)),
            OrderRow.wave_id.remove(),
        ]
        turn(tx, order, "postpone", actor=by, now=now, reason=reason, actions=actions)
        slots.give_back(tx, order.slot_id)
        slots.take(tx, slot_id, SlotFull())
        _move_locker(tx, order, moved)
        beside(tx)

    return carry_out(order_id, act)


def _another(order: Order, slot_id: str) -> LockerPlace | None:
    """The same compartment on the other slot's day."""
    if order.locker is None:
        return None
    return order.locker.model_copy(update={"on": lockers.day_of(slot_id)})


def _move_locker(tx: Transaction, order: Order, moved: Order) -> None:
    if order.locker is None or moved.locker is None or moved.locker == order.locker:
        return
    known = lockers.lockers_of(order.community_id)
    lockers.give_back(tx, order.community_id, order.locker)
    lockers.take(tx, order.community_id, moved.locker, known, LockerFull())


def withdraw(order_id: str, beside: Beside, *, by: str, reason: str, now: datetime) -> Order:
    """
    Cancel a frozen order that is on no route; everything it held goes back, what was paid too.
    Done before: nothing changes.

    Raises:
        OutOfOrder: It is not frozen.
        OnARoute: A courier is to bring it.
    """

    def act(tx: Transaction, order: Order) -> None:
        if order.state == "cancelled":
            return
        _check_free(order)
        progress = reprice(tx, order, 0, reason="cancelled", now=now)
        actions = [OrderRow.wave_id.remove()]
        turn(
            tx,
            order,
            "withdraw",
            actor=by,
            now=now,
            reason=reason,
            progress=progress,
            actions=actions,
        )
        give_back(tx, order, now)
        beside(tx)

    return carry_out(order_id, act)


def _check_free(order: Order) -> None:
    if order.route_id is not None:
        raise OnARoute(route_id=order.route_id)
