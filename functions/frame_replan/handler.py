"""Task of planning anew: what the change concerns, as a problem to solve."""

from typing import Any

from linli import dispatch, waves
from linli.kernel.settings import settings_from_environment
from linli.waves.changes import ReplanStep

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.frame_replan`."""
    step, now = ReplanStep.model_validate(event), SETTINGS.clock.now()
    return waves.frame_replan(step, now, dispatch.conditions(step.wave_id, now))
