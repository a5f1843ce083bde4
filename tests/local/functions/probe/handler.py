"""Answers questions about where it runs, and writes items."""

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")


class Poisoned(Exception):
    """An error of the function's own."""


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Serve HTTP calls and direct ones ({"ask": …})."""
    if event.get("routeKey", "").startswith("PUT"):
        item_id = event["pathParameters"]["item_id"]
        dynamodb.put_item(TableName=os.environ["TABLE"], Item={"pk": {"S": item_id}})
        return {"statusCode": 201, "body": "{}"}
    what = event.get("ask") or (event.get("pathParameters") or {}).get("what", "event")
    return {"statusCode": 200, "body": json.dumps(answer(what, event), default=str)}


def answer(what: str, event: dict[str, Any]) -> Any:
    """Answer one question."""
    if what == "environment":
        return dict(os.environ)
    if what == "imports":
        names = ("moto", "ministack", "local", "boto3", "pydantic", "pynamodb")
        return {name: importlib.util.find_spec(name) is not None for name in names}
    if what == "foreign":
        return dynamodb.get_item(TableName=os.environ["FOREIGN_TABLE"], Key={"pk": {"S": "x"}})
    if what == "clock":
        return Path(os.environ["CLOCK_FILE"]).read_text()
    if what == "error":
        raise Poisoned("secret detail")
    return event
