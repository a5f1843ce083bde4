"""Task of the offers: choose whom to ask in this round, and ask them; again asks the same."""

import logging
from datetime import timedelta
from functools import cache
from typing import Any

from linli import dispatch
from linli.dispatch import Costs, RoundStep, greedy
from linli.kernel.settings import Settings, settings_from_environment

LOG = logging.getLogger("propose_offers")
LOG.setLevel(logging.INFO)


@cache
def settings() -> Settings:
    """The process's settings, read at its first task."""
    return settings_from_environment()


def assign(costs: Costs) -> dict[int, int]:
    """By OR-Tools; cheapest pairs first where its layer is absent, does not load or fails."""
    try:
        from linli_solver.assignment import NoAssignment
        from linli_solver.assignment import assign as optimum
    except (ImportError, OSError) as absent:
        LOG.error("the solver layer did not load: %s", absent)
        return greedy(costs)
    try:
        return optimum(costs)
    except NoAssignment as failed:
        LOG.error("no assignment: %s", failed)
        return greedy(costs)


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See `dispatch.propose`."""
    step = RoundStep.model_validate(event)
    offer_for = timedelta(seconds=settings().offer_seconds)
    return dispatch.propose(step, assign, settings().clock.now(), offer_for)
