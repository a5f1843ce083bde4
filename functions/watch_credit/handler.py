"""Each hour: what looks odd is put before a person."""

from typing import Any

from linli import credit
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `credit.watch_all`."""
    return {"opened": credit.watch_all(SETTINGS.clock.now())}
