"""Task of the routing batch: begin the offers of a wave whose manifests are out; again is safe."""

from functools import cache
from typing import Any

from linli import dispatch
from linli.kernel.machines import StepFunctions
from linli.kernel.settings import Settings, settings_from_environment


@cache
def settings() -> Settings:
    """The process's settings, read at its first task."""
    return settings_from_environment()


@cache
def machine() -> StepFunctions:
    """The state machine that offers routes."""
    return StepFunctions(settings().offer_machine_arn)


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`{"wave_id"}` → `{"wave_id", "run"}`, the run null if there is nothing to offer."""
    clock = settings().clock
    step = dispatch.begin(event["wave_id"], machine(), clock.now())
    return {"wave_id": event["wave_id"], "run": step.run if step else None}
