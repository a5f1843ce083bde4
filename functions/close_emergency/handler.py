"""Task of the fallback: `{"emergency_id", "how", "fault"}` → the tally; safe to run again."""

from functools import cache
from typing import Any

from linli import resilience
from linli.kernel.settings import Settings, settings_from_environment


@cache
def settings() -> Settings:
    """The process's settings, read at its first task."""
    return settings_from_environment()


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """End the emergency, release the reserve and count the paper lines."""
    now = settings().clock.now()
    tally = resilience.close(event["emergency_id"], event["how"], event["fault"], now)
    return tally.model_dump()
