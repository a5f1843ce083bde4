"""
The SDK's part of a call to DynamoDB at a tenth of its cost, for simulations of thousands of calls.

It repeats what botocore would, as often, and under the same token. A test plays the same seeds
with it and with the real one, and compares every call.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from linli.kernel import tables
from tests.support.engine import Engine

ATTEMPTS = 4
_REPEATED = frozenset({"ThrottlingException", "ProvisionedThroughputExceededException"})


@contextmanager
def quick_sdk(db: Engine) -> Iterator[None]:
    """Let the bound connection call `db` without botocore's machinery."""
    client: Any = tables.connection().client

    def call(operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        return _call(db, operation, asked)

    client._make_api_call = call
    try:
        yield
    finally:
        del client._make_api_call


def _call(db: Engine, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
    if operation == "TransactWriteItems":
        asked = {"ClientRequestToken": str(uuid.uuid4()), **asked}
    headers = {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
    }
    request = SimpleNamespace(url="test:", headers=headers, body=json.dumps(asked).encode())
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = db._answer(request, f"before-send.dynamodb.{operation}")
        except ReadTimeoutError:
            if attempt == ATTEMPTS:
                raise
            continue
        told: dict[str, Any] = json.loads(answer.content)
        if answer.status_code == 200:
            return told
        error = _error(told, answer.status_code, operation)
        if attempt == ATTEMPTS or not _passes(error, answer.status_code):
            raise error
    raise AssertionError("the last attempt returns or raises")


def _passes(error: ClientError, status: int) -> bool:
    return status >= 500 or error.response["Error"]["Code"] in _REPEATED


def _error(told: dict[str, Any], status: int, operation: str) -> ClientError:
    code = str(told["__type"]).rsplit("#", 1)[-1]
    message = told.get("message") or told.get("Message") or ""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}},
        "CancellationReasons": told.get("CancellationReasons", []),
    }
    return ClientError(response, operation)
