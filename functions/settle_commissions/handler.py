"""Each night: commissions of months that are over are paid."""

from typing import Any

from linli import leaders
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `leaders.settle`."""
    return {"paid": leaders.settle(SETTINGS.clock.now())}
