"""The devices' door: the topic rule hands over each message here."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from linli.kernel.settings import Settings, settings_from_environment
from linli.sensing import Arrival, ingest

logger = Logger(service="ingest_reading")


@cache
def settings() -> Settings:
    """The process's settings, read at its first message."""
    return settings_from_environment()


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """
    Keep or quarantine one message.

    Raises for faults only: Lambda then tries again twice and puts the message into the queue of
    dead letters, so that it is never lost.
    """
    arrival = Arrival.model_validate(event)
    outcome = ingest(arrival, settings().clock.now())
    logger.info(
        "message",
        extra={"fate": outcome.fate, "reason": outcome.reason, "incident": outcome.incident_id},
    )
    return {"fate": outcome.fate, "reason": outcome.reason, "incident_id": outcome.incident_id}
