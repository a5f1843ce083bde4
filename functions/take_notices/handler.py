"""What happened, from the bus's queue and the ledger's stream, into the inboxes of residents."""

import json
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from linli.kernel.settings import Settings, settings_from_environment
from linli.notices import take

logger = Logger(service="take_notices")


@cache
def settings() -> Settings:
    """The process's settings, read at its first event."""
    return settings_from_environment()


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """
    Take a batch in; answers what could not be, which is tried again alone and then put into the
    queue of dead letters. Of the stream that is the first, from which Lambda tries again.
    """
    failed = []
    for record in event["Records"]:
        try:
            logger.info("notice", extra={"fate": _take(record)})
        except Exception as fault:  # One event's trouble must not keep the others waiting.
            logger.warning("not told", extra={"kind": type(fault).__name__})
            failed.append({"itemIdentifier": _number(record)})
    return {"batchItemFailures": failed}


def _take(record: dict[str, Any]) -> str:
    now = settings().clock.now()
    if "dynamodb" in record:
        return take.take_tier_change(record, now=now)
    return take.take_event(json.loads(record["body"])["detail"], now=now)


def _number(record: dict[str, Any]) -> str:
    stream: dict[str, str] = record.get("dynamodb", {})
    return stream.get("SequenceNumber") or str(record["messageId"])
