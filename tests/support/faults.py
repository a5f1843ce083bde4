"""What can go wrong between the SDK and DynamoDB, as the SDK sees it."""

import io
import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError


class Fault(StrEnum):
    """What can go wrong with one call."""

    THROTTLE = "throttle"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    CONFLICT = "conflict"
    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"


class Crash(BaseException):
    """The function's environment died at this call: nothing after it ran."""


def spoil(fault: Fault, request: Any, operation: str) -> AWSResponse:
    """What the SDK gets instead of the answer; raises if it gets none."""
    if fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER):
        raise Crash
    if fault in (Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER):
        raise ReadTimeoutError(endpoint_url="test")
    if fault is Fault.THROTTLE:
        return _error(request, 400, "ThrottlingException")
    if fault is not Fault.CONFLICT:
        return _error(request, 500, "InternalServerError")
    if operation != "TransactWriteItems":
        return _error(request, 400, "TransactionConflictException")
    codes = ["None"] * len(json.loads(request.body)["TransactItems"])
    codes[0] = "TransactionConflict"
    reasons = [{"Code": code} for code in codes]
    return _error(request, 400, "TransactionCanceledException", CancellationReasons=reasons)


def _error(request: Any, status: int, code: str, **more: Any) -> AWSResponse:
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return response(request, status, json.dumps({"__type": kind, "message": "", **more}).encode())


class _Body(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.getvalue()


def response(request: Any, status: int, body: bytes) -> AWSResponse:
    """An answer in the form that botocore takes for one from the network."""
    headers: Any = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "test"}
    return AWSResponse(request.url, status, headers, _Body(body))
