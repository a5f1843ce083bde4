"""Task of the routing batch: sources, pick lists and the routing problem."""

from typing import Any

from linli import waves
from linli.kernel.settings import settings_from_environment
from linli.waves.model import Step

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.allocate`."""
    return waves.allocate(Step.model_validate(event), SETTINGS.clock.now())
