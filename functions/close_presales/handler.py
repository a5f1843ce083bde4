"""Each minute: close presales at their cut-off, refund or buy, and serve what has arrived."""

from typing import Any

from linli import presale
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `presale.close_presales`."""
    return {"cycles": presale.close_presales(SETTINGS.clock.now())}
