"""Task of the routing batch: check a cluster's plan and keep it, or the spare one."""

from typing import Any

from linli import waves
from linli.kernel.settings import settings_from_environment
from linli.waves.model import ClusterStep

settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `waves.keep_plan`."""
    return waves.keep_plan(ClusterStep.model_validate(event))
