"""Task of the offers: reserve vehicles take the routes that no courier took."""

from functools import cache
from typing import Any

from linli import dispatch
from linli.dispatch import RunStep
from linli.kernel.settings import Settings, settings_from_environment


@cache
def settings() -> Settings:
    """The process's settings, read at its first task."""
    return settings_from_environment()


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See `dispatch.call_reserve`."""
    return dispatch.call_reserve(RunStep.model_validate(event), settings().clock.now())
