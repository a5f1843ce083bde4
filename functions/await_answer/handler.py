"""Task of the offers: keep the token with which the machine waits for an offer's answer."""

from functools import cache
from typing import Any

from linli import dispatch
from linli.dispatch import OfferStep
from linli.kernel.machines import StepFunctionsTokens
from linli.kernel.settings import Settings, settings_from_environment


@cache
def settings() -> Settings:
    """The process's settings, read at its first task."""
    return settings_from_environment()


@cache
def tokens() -> StepFunctionsTokens:
    """The client that answers tokens."""
    return StepFunctionsTokens()


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`{"route_id", "offer", "token"}`; answers nothing of worth."""
    settings()
    dispatch.wait(OfferStep.model_validate(event), tokens())
    return {}
