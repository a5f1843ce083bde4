"""The orders table's stream to the heat map and the sales of the day: each order counted once."""

from typing import Any

from aws_lambda_powertools import Logger

from linli import heat
from linli.kernel.settings import settings_from_environment
from linli.orders.told import told_by

logger = Logger(service="count_heat")
settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Count a batch of records; answers the first that failed, from which Lambda tries again."""
    for record in event["Records"]:
        try:
            told = told_by(record)
            if told is not None:
                heat.count(told)
        except Exception as fault:
            logger.exception("not counted", extra={"kind": type(fault).__name__})
            first = record["dynamodb"]["SequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": first}]}
    return {"batchItemFailures": []}
