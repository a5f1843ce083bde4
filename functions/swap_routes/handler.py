"""Task of planning anew: check the plan and put it in force in one write."""

from typing import Any

from linli import dispatch, waves
from linli.kernel.settings import settings_from_environment
from linli.waves.changes import ReplanStep

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.swap_routes`."""
    step = ReplanStep.model_validate(event)
    return waves.swap_routes(step, SETTINGS.clock.now(), dispatch.retime)
