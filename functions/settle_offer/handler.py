"""Task of the offers: an offer for which the machine has waited long enough expires."""

from functools import cache
from typing import Any

from linli import dispatch
from linli.dispatch import OfferStep
from linli.kernel.settings import Settings, settings_from_environment


@cache
def settings() -> Settings:
    """The process's settings, read at its first task."""
    return settings_from_environment()


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See `dispatch.settle`."""
    return dispatch.settle(OfferStep.model_validate(event), settings().clock.now())
