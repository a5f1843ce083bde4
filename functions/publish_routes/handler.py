"""Task of the routing batch: manifests, and the routes on offer."""

from typing import Any

from linli import waves
from linli.kernel.settings import settings_from_environment
from linli.waves.model import Step

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.publish`."""
    return waves.publish(Step.model_validate(event), SETTINGS.clock.now())
