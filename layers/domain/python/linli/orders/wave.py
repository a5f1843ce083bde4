"""An order's way through its wave: frozen, then routed."""

from datetime import datetime

from linli.kernel.errors import Conflict
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.orders.model import Order
from linli.orders.read import read
from linli.orders.rows import ORDER, OrderRow


def freeze(order_id: str, wave_id: str, now: datetime) -> Order:
    """
    Put a placed order into its one wave (I6); the same wave again changes nothing.

    Raises:
        Conflict: It was cancelled, or belongs to another wave.
    """
    try:
        with transaction() as tx:
            tx.update(
                OrderRow(order_id, ORDER),
                [
                    OrderRow.state.set("frozen"),
                    OrderRow.wave_id.set(wave_id),
                    OrderRow.changed_at.set(rfc3339(now)),
                ],
                condition=OrderRow.state == "placed",
                refusal=Conflict("not placed"),
            )
    except Conflict:
        order = read(order_id)
        if order.wave_id != wave_id:
            raise
        return order
    return read(order_id)


def mark_routed(order_id: str, route_id: str, now: datetime) -> Order:
    """
    Note the route that a frozen order is on; the same route again changes nothing, another one
    replaces it as long as the order has not been delivered.

    Raises:
        Conflict: It is not in a wave, or it has ended.
    """
    order = read(order_id)
    if order.route_id == route_id:
        return order
    with transaction() as tx:
        tx.update(
            OrderRow(order_id, ORDER),
            [
                OrderRow.state.set("routed"),
                OrderRow.route_id.set(route_id),
                OrderRow.changed_at.set(rfc3339(now)),
            ],
            condition=OrderRow.state.is_in("frozen", "routed"),
            refusal=Conflict("not in a wave"),
        )
    return read(order_id)
