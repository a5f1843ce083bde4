"""
The doors as API Gateway calls them: golden events in, answers out, no server between.

    answer = send("credit", golden("deed_awarded", body={"deed": "juggling"}))
    assert (answer.status, answer.code) == (422, "unknown_deed")
"""

import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

ROOT = Path(__file__).parents[2]
CONTEXT = SimpleNamespace(
    function_name="test",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:test",
    aws_request_id="test",
    get_remaining_time_in_millis=lambda: 20_000,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door answered; `body` is its JSON."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str | None:
        """The stable code of a refusal."""
        return self.body.get("code") if isinstance(self.body, dict) else None


def golden(
    case: str,
    *,
    body: dict[str, Any] | None = None,
    subject: str | None = None,
    roles: str | None = None,
    path: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The event `events/http/<case>.json`, with parts of it changed."""
    event: dict[str, Any] = json.loads((ROOT / "events" / "http" / f"{case}.json").read_text())
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    if body is not None:
        event["body"] = json.dumps(json.loads(event.get("body") or "{}") | body)
    if subject is not None:
        claims["sub"] = subject
    if roles is not None:
        claims["linli_roles"] = roles
    if path is not None:
        _, route = event["routeKey"].split(" ")
        event["pathParameters"] = path
        event["rawPath"] = route.format(**path)
        event["requestContext"]["http"]["path"] = event["rawPath"]
    if query is not None:
        event["queryStringParameters"] = query
        event["rawQueryString"] = "&".join(f"{name}={value}" for name, value in query.items())
    return event


def send(function: str, event: dict[str, Any]) -> Answer:
    """Give `event` to the door `functions/<function>`."""
    raw = _handler(function).lambda_handler(event, CONTEXT)
    headers = {name.lower(): str(value) for name, value in (raw.get("headers") or {}).items()}
    for name, values in (raw.get("multiValueHeaders") or {}).items():
        headers[name.lower()] = ",".join(values)
    return Answer(raw["statusCode"], json.loads(raw["body"] or "null"), headers)


@cache
def _handler(function: str) -> ModuleType:
    path = ROOT / "functions" / function / "handler.py"
    spec = importlib.util.spec_from_file_location(f"functions.{function}.handler", path)
    assert spec is not None, f"no door {function}"
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
