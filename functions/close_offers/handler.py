"""Task of the offers: count what became of the routes, and tell of those nobody has."""

from functools import cache
from typing import Any

from linli import dispatch
from linli.dispatch import CloseStep
from linli.kernel.settings import Settings, settings_from_environment


@cache
def settings() -> Settings:
    """The process's settings, read at its first task."""
    return settings_from_environment()


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See `dispatch.close`."""
    return dispatch.close(CloseStep.model_validate(event), settings().clock.now())
