"""Task of the fallback: keep the token with which it waits for the city's word."""

from functools import cache
from typing import Any

from linli import resilience
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
    """`{"emergency_id", "token", "packing_fault": text or null}`; answers nothing of worth."""
    settings()
    resilience.hold(event["emergency_id"], event["token"], event["packing_fault"], tokens())
    return {}
