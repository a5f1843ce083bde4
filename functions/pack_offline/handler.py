"""Task of the fallback: `{"emergency_id"}` → `{"packs": n}`; safe to run again."""

from functools import cache
from typing import Any

from linli import resilience, waves
from linli.kernel.settings import Settings, settings_from_environment


@cache
def settings() -> Settings:
    """The process's settings, read at its first task."""
    return settings_from_environment()


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Make a pack of every open route, to be printed while there is a network."""
    clock = settings().clock
    return {"packs": resilience.pack(event["emergency_id"], waves.open_manifests, clock.now())}
