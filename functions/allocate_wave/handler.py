"""Task of the routing batch: sources chosen over all orders of the wave, and their lots."""

import logging
from collections.abc import Mapping
from typing import Any

from linli import waves
from linli.kernel.settings import settings_from_environment
from linli.sourcing import Choice, Sourcing
from linli.waves.allocate import Allocator
from linli.waves.model import Step

SETTINGS = settings_from_environment()
LOG = logging.getLogger("allocate_wave")
LOG.setLevel(logging.INFO)


def allocator() -> Allocator | None:
    """The solver layer's, or None where it is absent or does not load."""
    try:
        from linli_solver.allocation import allocate
    except (ImportError, OSError) as absent:
        LOG.error("the solver layer did not load: %s", absent)
        return None

    def choose(problem: Sourcing, seconds: float) -> Mapping[str, Choice]:
        return allocate(problem, seconds=seconds).choices

    return choose


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.allocate`."""
    step = Step.model_validate(event)
    return waves.allocate(step, SETTINGS.clock.now(), SETTINGS, allocator())
