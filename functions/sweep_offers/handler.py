"""Every minute: offers past their time expire, and waves whose offers have stopped go on."""

from functools import cache
from typing import Any

from linli import dispatch
from linli.kernel.machines import StepFunctions, StepFunctionsTokens
from linli.kernel.settings import Settings, settings_from_environment


@cache
def settings() -> Settings:
    """The process's settings, read at its first run."""
    return settings_from_environment()


@cache
def machine() -> StepFunctions:
    """The state machine that offers routes."""
    return StepFunctions(settings().offer_machine_arn)


@cache
def tokens() -> StepFunctionsTokens:
    """The client that answers tokens."""
    return StepFunctionsTokens()


def lambda_handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See `dispatch.sweep`."""
    return dispatch.sweep(machine(), tokens(), settings().clock.now())
