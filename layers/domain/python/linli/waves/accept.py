"""Accepting an offered route: whoever is first has it, whatever the race."""

from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.waves.model import RouteTaken
from linli.waves.rows import ROUTE, PointerRow, RouteRow, courier_key, route_key


def route_row(route_id: str) -> RouteRow:
    """
    The route's row, read consistently.

    Raises:
        NotFound: There is none, or it is not offered yet.
    """
    row = reads.get(RouteRow, route_key(route_id), ROUTE)
    if row is None or row.state == "draft":
        raise NotFound
    return row


def accept(route_id: str, caller: Caller, now: datetime) -> RouteRow:
    """
    Give the route to the caller; the same courier again gets the same answer.

    Raises:
        NotFound: There is no such route in the caller's communities.
        RouteTaken: Another courier was first.
    """
    row = route_row(route_id)
    caller.require(row.community_id, Role.COURIER)
    if row.courier_id == caller.subject:
        return row
    try:
        with transaction() as tx:
            tx.update(
                RouteRow(route_key(route_id), ROUTE),
                [
                    RouteRow.state.set("taken"),
                    RouteRow.courier_id.set(caller.subject),
                    RouteRow.accepted_at.set(rfc3339(now)),
                ],
                condition=RouteRow.state == "offered",
                refusal=RouteTaken(),
            )
            tx.put(PointerRow(courier_key(caller.subject), route_id))
    except RouteTaken:
        if route_row(route_id).courier_id != caller.subject:
            raise
    return route_row(route_id)
