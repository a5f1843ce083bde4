"""Task of planning anew: check the plan and put it in force in one write."""

from typing import Any

from linli import waves
from linli.kernel.settings import settings_from_environment
from linli.waves.changes import ReplanStep

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.swap_routes`."""
    return waves.swap_routes(ReplanStep.model_validate(event), SETTINGS.clock.now())
