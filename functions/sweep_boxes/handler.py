"""Every ten minutes: remind of boxes, convert deposits, look again at scans that did not fit."""

from typing import Any

from linli import boxes
from linli.credit import Points
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `boxes.sweep`."""
    points = Points(SETTINGS.points_a_return)
    return {"boxes": boxes.sweep(SETTINGS.clock.now(), reward_points=points)}
