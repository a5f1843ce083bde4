"""What becomes of a route's stops: deliveries by its courier, and the end of the route."""

from datetime import datetime

from linli import orders
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.waves.accept import route_row
from linli.waves.model import DeliveryView, ReportDelivery
from linli.waves.rows import ROUTE, PointerRow, RouteRow, open_key, route_key
from linli.waves.views import order_ids_of


def report_delivery(report: ReportDelivery, caller: Caller, now: datetime) -> DeliveryView:
    """
    Record how an order's stop ended; the same report again gets the same answer.

    Raises:
        NotFound: There is no such order on a route of the caller's.
        Refused: See `orders.deliver`.
    """
    route_id = orders.read(str(report.order_id)).route_id
    if route_id is None:
        raise NotFound
    route = route_row(route_id)
    if route.courier_id != caller.subject:
        raise NotFound
    caller.require(route.community_id, Role.COURIER)
    order = orders.deliver(
        str(report.id),
        str(report.order_id),
        courier_id=caller.subject,
        outcome=report.outcome,
        box_ids=list(report.box_ids),
        at=report.at,
        now=now,
    )
    row = finish_if_done(route_id, now)
    return DeliveryView(
        id=str(report.id),
        order_id=order.order_id,
        order_state=order.state,
        route_id=route_id,
        route_state=row.state,
    )


def finish_if_done(route_id: str, now: datetime) -> RouteRow:
    """
    Close the route if every stop of it has been made; to be called after any of them has.

    The orders themselves are asked, so that a report whose answer was lost, or one that came on
    paper, counts as well.
    """
    row = route_row(route_id)
    if row.state == "done":
        return row
    if all(orders.read(each).state in orders.STOP_DONE for each in order_ids_of(row)):
        with transaction() as tx:
            tx.update(
                RouteRow(route_key(route_id), ROUTE),
                [RouteRow.state.set("done"), RouteRow.done_at.set(rfc3339(now))],
                condition=RouteRow.pk.exists(),
            )
            tx.delete(PointerRow(open_key(row.community_id), route_id))
    return route_row(route_id)
