"""Each hour: open the slots that the communities' rules say should be open by now."""

from typing import Any

from linli import slots
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `slots.open_slots`."""
    return {"opened": slots.open_slots(SETTINGS.clock.now())}
