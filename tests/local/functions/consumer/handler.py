"""Writes down each record or message that it sees; chokes on the poisoned one."""

import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Serve stream batches and messages of devices."""
    if "Records" not in event:
        see(f"message {event['store']} {event['thing']} {event['n']}")
        return {}
    failures = []
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["pk"]["S"]
        if key == "poison":
            failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
            break
        see(key)
    return {"batchItemFailures": failures}


def see(what: str) -> None:
    """Remember that it was seen."""
    dynamodb.put_item(TableName=os.environ["TABLE_SEEN"], Item={"pk": {"S": what}})
