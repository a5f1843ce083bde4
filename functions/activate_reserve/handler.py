"""Task of the fallback: `{"emergency_id"}` → `{"vehicles": n}`; safe to run again."""

from functools import cache
from typing import Any

from linli import resilience
from linli.kernel.settings import Settings, settings_from_environment


@cache
def settings() -> Settings:
    """The process's settings, read at its first task."""
    return settings_from_environment()


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Call up every free reserve vehicle of the community, each once."""
    clock = settings().clock
    return {"vehicles": len(resilience.activate(event["emergency_id"], clock.now()))}
