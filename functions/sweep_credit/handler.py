"""Each minute: holds lapse, points and coupons expire."""

from typing import Any

from linli import credit
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `credit.sweep`."""
    return {"credit": credit.sweep(SETTINGS.clock.now())}
