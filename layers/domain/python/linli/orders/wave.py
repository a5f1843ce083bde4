"""An order's way through its wave: frozen, then routed."""

from datetime import datetime

from linli.kernel.errors import Conflict
from linli.kernel.transact import Transaction
from linli.orders.model import Order
from linli.orders.rows import OrderRow
from linli.orders.states import OutOfOrder, Turn
from linli.orders.turn import WAVES, Act, carry_out, turn

WAVELESS = frozenset({"pickup", "till"})
"""Channels whose orders nobody brings anywhere: their slots become no waves."""


class NotPaid(Conflict):
    """The order was to be paid online and is not."""

    code = "not_paid"
    title_en = "This order has not been paid for"
    title_zh = "订单尚未支付"


def freeze(order_id: str, wave_id: str, now: datetime) -> Order:
    """
    Put a placed order into its one wave (I6); the same wave again changes nothing.

    Raises:
        NotPaid: It was to be paid online and is not.
        OutOfOrder: It has ended, or belongs to another wave.
    """
    return carry_out(order_id, freezing(wave_id, now))


def freezing(wave_id: str, now: datetime) -> Act:
    """The turn of `freeze`; refuses before it adds anything."""

    def act(tx: Transaction, order: Order) -> None:
        if order.wave_id == wave_id:
            return
        if order.state == "placed" and order.payment == "due":
            raise NotPaid
        turn(
            tx,
            order,
            "freeze",
            actor=WAVES,
            now=now,
            reason=wave_id,
            actions=[OrderRow.wave_id.set(wave_id)],
        )

    return act


def mark_routed(order_id: str, route_id: str, now: datetime) -> Order:
    """
    Note the route that an order of a wave is on; the same route again changes nothing, another
    one replaces it as long as the order has not been handed over.

    Raises:
        OutOfOrder: It is not in a wave, on its way, or it has ended.
    """
    return carry_out(order_id, routing(route_id, now))


def routing(route_id: str, now: datetime, *, first: bool = False) -> Act:
    """The turn of `mark_routed`, or only of its `first`; refuses before it adds anything."""

    def act(tx: Transaction, order: Order) -> None:
        if order.route_id == route_id:
            return
        if first and order.route_id is not None:
            raise OutOfOrder(f"it is on {order.route_id}", state=order.state, turn="route")
        moved = [OrderRow.route_id.set(route_id)]
        turn(tx, order, "route", actor=WAVES, now=now, reason=route_id, actions=moved)

    return act


def change_route(tx: Transaction, order: Order, route_id: str, now: datetime) -> None:
    """
    Add to `tx` that the order, as it was read, is on another route: goods that are on their way
    go from one courier to the next.

    Raises, here or when `tx` commits:
        OutOfOrder: It is in no wave, or it has ended.
        MovedOn: It is not as it was read.
    """
    rerouting(route_id, now)(tx, order)


def rerouting(route_id: str, now: datetime) -> Act:
    """The turn of `change_route`; refuses before it adds anything."""

    def act(tx: Transaction, order: Order) -> None:
        if order.route_id == route_id:
            return
        name: Turn = "relay" if order.state == "handed_over" else "route"
        moved = [OrderRow.route_id.set(route_id)]
        turn(tx, order, name, actor=WAVES, now=now, reason=route_id, actions=moved)

    return act
