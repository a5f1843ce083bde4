"""Each minute: expire unpaid orders, give up what nobody collects, close what has ended."""

from typing import Any

from linli import orders
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `orders.sweep`."""
    return {"orders": orders.sweep(SETTINGS.clock.now())}
