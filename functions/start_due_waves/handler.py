"""Each minute: start the waves of the slots whose cut-off has passed, and failed ones again."""

from typing import Any

from linli import waves
from linli.kernel.machines import StepFunctions
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()
MACHINE = StepFunctions(SETTINGS.wave_machine_arn)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.start_due`."""
    return {"waves": waves.start_due(MACHINE, SETTINGS.clock.now())}
