"""The subjects' streams to the event bus: each change at least once, in order."""

import json
import os
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from linli.boxes import events as of_boxes
from linli.cases import events as of_cases
from linli.kernel.events import SOURCE
from linli.orders import events as of_orders
from linli.payments import events as of_payments

logger = Logger(service="publish_events")
_OF_STREAMS = {
    "STREAM_ORDERS": of_orders.event_of,
    "STREAM_PAYMENTS": of_payments.event_of,
    "STREAM_BOXES": of_boxes.event_of,
    "STREAM_CASES": of_cases.event_of,
}
"""What each stream's records are to its own subject: keys of two tables may look alike."""
_MOST_ENTRIES = 10
"""EventBridge takes at most so many events in one call."""


@cache
def bus() -> Any:
    """The process's client of the event bus."""
    return boto3.client("events")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """
    Publish a batch of stream records; answers the first that the bus did not take, from which
    Lambda tries again, so that events of one order keep their order.
    """
    told = [(record, _event_of(record)) for record in event["Records"]]
    news = [(record, what) for record, what in told if what is not None]
    for start in range(0, len(news), _MOST_ENTRIES):
        part = news[start : start + _MOST_ENTRIES]
        answer = bus().put_events(Entries=[_entry(what) for _, what in part])
        for (record, _), taken in zip(part, answer["Entries"], strict=True):
            if "ErrorCode" in taken:
                logger.warning("not taken", extra={"error": taken["ErrorCode"]})
                first = record["dynamodb"]["SequenceNumber"]
                return {"batchItemFailures": [{"itemIdentifier": first}]}
    return {"batchItemFailures": []}


def _event_of(record: dict[str, Any]) -> dict[str, Any] | None:
    return _by_source()[record["eventSourceARN"]](record)


@cache
def _by_source() -> dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]]:
    return {os.environ[stream]: event_of for stream, event_of in _OF_STREAMS.items()}


def _entry(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "EventBusName": os.environ["EVENT_BUS"],
        "Source": SOURCE,
        "DetailType": event["type"],
        "Resources": [event["subject"]],
        "Detail": json.dumps(event),
    }
