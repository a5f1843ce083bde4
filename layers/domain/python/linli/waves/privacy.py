"""What a manifest shows of people, to whom, and for how long. Pure."""

from datetime import datetime, timedelta

AFTER_FINISH = timedelta(hours=6)
"""A route that was never ended shows no address any more so long after it should have been."""


def shows_addresses(state: str, finish_at: datetime, now: datetime) -> bool:
    """Whether whoever holds or dispatches the route still needs to know where its doors are."""
    return state in ("offered", "taken") and now <= finish_at + AFTER_FINISH
