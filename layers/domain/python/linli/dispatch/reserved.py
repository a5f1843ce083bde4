"""Which reserve vehicle rides a route."""

from linli import resilience
from linli.dispatch.rows import RESERVE, BodyRow, route_key
from linli.kernel import reads


def vehicle_of(route_id: str) -> str | None:
    """The reserve vehicle that rides the route, if one does."""
    row = reads.get(BodyRow, route_key(route_id), RESERVE)
    return None if row is None else str(row.body)


def release(community_id: str, route_id: str) -> None:
    """Let go of the vehicle of a route that is done; again changes nothing."""
    vehicle_id = vehicle_of(route_id)
    if vehicle_id is not None:
        resilience.disengage(community_id, vehicle_id, route_id)
