"""The boxes table's stream to the months' figures of packaging: each move counted once."""

from typing import Any

from aws_lambda_powertools import Logger

from linli.boxes import figures
from linli.kernel.settings import settings_from_environment

logger = Logger(service="count_boxes")
settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Count a batch of records; answers the first that failed, from which Lambda tries again."""
    for record in event["Records"]:
        try:
            move = figures.told_by(record)
            if move is not None:
                figures.count(move)
        except Exception as fault:
            logger.exception("not counted", extra={"kind": type(fault).__name__})
            first = record["dynamodb"]["SequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": first}]}
    return {"batchItemFailures": []}
