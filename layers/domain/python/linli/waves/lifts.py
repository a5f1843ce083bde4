"""Orders as routing is to see them while lifts are broken: the last word on a lift counts."""

from collections.abc import Mapping
from datetime import datetime

from linli import buildings
from linli.orders import Order


def as_lifts_stand(
    wanted: Mapping[str, Order], community_id: str, now: datetime
) -> dict[str, Order]:
    """The orders; those behind a lift that counts as broken now have none."""
    broken = buildings.broken_lifts(community_id, now)
    return {order_id: _seen(order, broken) for order_id, order in wanted.items()}


def _seen(order: Order, broken: list[buildings.Lift]) -> Order:
    to = order.deliver_to
    if not to.has_lift or buildings.lift_works(broken, to.building, to.unit):
        return order
    return order.model_copy(update={"deliver_to": to.model_copy(update={"has_lift": False})})
