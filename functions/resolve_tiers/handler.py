"""Each night: the cut-off of the top tier is solved anew."""

from typing import Any

from linli import credit
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `credit.resolve_all`."""
    return {"moved": credit.resolve_all(SETTINGS.clock.now())}
