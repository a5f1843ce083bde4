"""Task of the routing batch: note why a run failed; the next takes its orders up."""

from typing import Any

from linli import waves
from linli.kernel.settings import settings_from_environment
from linli.waves.model import Release

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.release`."""
    return waves.release(Release.model_validate(event), SETTINGS.clock.now())
