"""Task of planning anew: note why it failed; the routes stay as they were."""

from typing import Any

from linli import waves
from linli.kernel.settings import settings_from_environment
from linli.waves.changes import ReplanStep

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.give_up_replan`."""
    return waves.give_up_replan(ReplanStep.model_validate(event), SETTINGS.clock.now())
