"""Task of the routing batch: clusters, their routing problems, and the stores' pick lists."""

from typing import Any

from linli import dispatch, waves
from linli.kernel.settings import settings_from_environment
from linli.waves.model import Step

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.cluster`."""
    step, now = Step.model_validate(event), SETTINGS.clock.now()
    return waves.cluster(step, now, dispatch.conditions(step.wave_id, now))
