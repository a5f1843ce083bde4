"""The route that an order is on, if the caller holds it."""

from linli import orders, waves
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.waves import RouteOnDesk


def held_route(order_id: str, caller: Caller) -> RouteOnDesk:
    """
    The caller's route that the order is on.

    Raises:
        NotFound: There is no such order on a route of the caller's.
    """
    route_id = orders.read(order_id).route_id
    if route_id is None:
        raise NotFound
    route = waves.route_on_desk(route_id)
    if route.courier_id != caller.subject:
        raise NotFound
    caller.require(route.community_id, Role.COURIER)
    return route
