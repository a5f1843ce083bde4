"""The return machines' door: the topic rule hands over each message here."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from linli import boxes
from linli.boxes import ReturnArrival
from linli.credit import Points
from linli.kernel.settings import Settings, settings_from_environment

logger = Logger(service="ingest_return")


@cache
def settings() -> Settings:
    """The process's settings, read at its first message."""
    return settings_from_environment()


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """
    Act upon one message, or quarantine it.

    Raises for faults only: Lambda then tries again twice and puts the message into the queue of
    dead letters, so that it is never lost.
    """
    arrival = ReturnArrival.model_validate(event)
    points = Points(settings().points_a_return)
    taken = boxes.take_in(arrival, now=settings().clock.now(), reward_points=points)
    logger.info("message", extra={"fate": taken.fate, "reason": taken.reason})
    return {"fate": taken.fate, "reason": taken.reason}
