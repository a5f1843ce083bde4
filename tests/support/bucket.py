"""
A private bucket in this process: the emulator's S3 behind boto3's client, without a socket.

`send` is a device: it has an address and no rights of its own. The emulator verifies what is
signed: method, key, headers, size, and until when.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.client
import pytest
from botocore.awsrequest import AWSResponse
from ministack.services import s3 as backend

from linli.kernel.pictures import BucketOfPictures
from tests.support.faults import response

BUCKET = "proofs-of-tests"
_ORIGIN = "http://127.0.0.1:1"  # Nothing listens there, and nothing is sent.


@contextmanager
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketOfPictures]:
    """Open an empty bucket."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": _ORIGIN,
        "PROOF_BUCKET": BUCKET,
    }.items():
        monkeypatch.setenv(name, value)
    make: Any = botocore.client.ClientCreator.create_client

    def make_ours(*given: Any, **more: Any) -> Any:
        client = make(*given, **more)
        client.meta.events.register_first("before-send.s3", _answer)
        return client

    monkeypatch.setattr(botocore.client.ClientCreator, "create_client", make_ours)
    backend._buckets.pop(BUCKET, None)
    assert send("PUT", f"{_ORIGIN}/{BUCKET}") == (200, b"")
    yield BucketOfPictures(BUCKET)
    backend._buckets.pop(BUCKET, None)


def send(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> tuple[int, bytes]:
    """What a device gets for a request."""
    status, _, answer = _drive(method, url, dict(headers or {}), body)
    return status, answer


def _drive(
    method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    where = urlsplit(url)
    sent = {"host": where.netloc, "content-length": str(len(body))}
    sent |= {name.lower(): value for name, value in headers.items()}
    query = parse_qs(where.query, keep_blank_values=True)
    request = backend.handle_request(method, where.path, sent, body, query)
    try:
        request.send(None)
    except StopIteration as end:
        status, told, answer = end.value
        return int(status), told, answer if isinstance(answer, bytes) else answer.encode()
    raise AssertionError("the engine awaited something")


def _answer(request: Any, **_: Any) -> AWSResponse:
    headers = {
        name: value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    status, _told, body = _drive(request.method, request.url, headers, request.body or b"")
    return response(request, status, body)
