"""What a manifest shows of people, to whom, and for how long. Pure."""

import hashlib
from datetime import datetime, timedelta

AFTER_FINISH = timedelta(hours=6)
"""A route that was never ended shows no address any more so long after it should have been."""
SWITCHBOARD = "+8600000000000"
"""Until a deployment rents one: a number that nobody has (China's subscriber numbers begin
otherwise). A switchboard connects the courier's own phone with the order behind an extension."""


def shows_addresses(state: str, finish_at: datetime, now: datetime) -> bool:
    """Whether whoever holds or dispatches the route still needs to know where its doors are."""
    return state in ("offered", "taken") and now <= finish_at + AFTER_FINISH


def proxy_number(phone: str | None, route_id: str, order_id: str) -> str | None:
    """
    What a courier may call instead of the resident's number: nothing of it can be told from this.

    RFC 3966's form, so that phones dial it; the extension holds for this route alone.
    """
    if phone is None:
        return None
    return f"tel:{SWITCHBOARD};ext={extension(route_id, order_id)}"


def extension(route_id: str, order_id: str) -> str:
    """Eight digits for an order on a route; on one route two are alike once in a million routes."""
    digest = hashlib.sha256(f"{route_id}/{order_id}".encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**8:08d}"


def behind(digits: str, route_id: str, order_ids: list[str]) -> str | None:
    """The order that the extension stands for on the route, for the switchboard; or None."""
    found = [each for each in order_ids if extension(route_id, each) == digits]
    return found[0] if found else None
