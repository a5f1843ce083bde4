"""Each minute: start the waves whose cut-off has passed, and what failed or waits, again."""

from typing import Any

from linli import waves
from linli.kernel.machines import StepFunctions
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()
MACHINE = StepFunctions(SETTINGS.wave_machine_arn)
REPLANNER = StepFunctions(SETTINGS.replan_machine_arn)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.see_to_all`."""
    return dict(waves.see_to_all(MACHINE, REPLANNER, SETTINGS.clock.now()))
