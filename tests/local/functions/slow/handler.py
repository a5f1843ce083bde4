"""A consumer that takes its time over one record."""

import os
import time
from typing import Any

import boto3

PAUSE_SECONDS = 8
dynamodb = boto3.client("dynamodb")


def lambda_handler(event: dict[str, Any], context: Any) -> None:
    """Say when the slow record begins and ends."""
    if any(record["dynamodb"]["Keys"]["pk"]["S"] == "slow" for record in event["Records"]):
        see("slow begins")
        time.sleep(PAUSE_SECONDS)
        see("slow ends")


def see(what: str) -> None:
    """Remember that it was seen."""
    dynamodb.put_item(TableName=os.environ["TABLE_SEEN"], Item={"pk": {"S": what}})
