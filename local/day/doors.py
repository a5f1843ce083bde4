"""The stack's HTTP doors as a visitor uses them: one call, one answer, nothing swallowed."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from local.day.places import COMMUNITY

WAIT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door answered; `status` 0 means that no answer came."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the door did what was asked."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The stable code of a refusal; for a success `ok`."""
        return "ok" if self.ok else str(self.body.get("code", f"http_{self.status}"))


@dataclass
class Traffic:
    """How many requests were sent and how long each took, over all threads."""

    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seconds: float) -> None:
        """Count one request."""
        with self.lock:
            self.seconds.append(seconds)

    def milliseconds(self, share: float) -> int:
        """The quantile `share` of the requests' times (0 without any request)."""
        ordered = sorted(self.seconds)
        return round(1000 * ordered[int(share * (len(ordered) - 1))]) if ordered else 0


class Doors:
    """The API of one stack."""

    def __init__(self, api_url: str) -> None:
        """Keep connections open to `api_url`; close them with `close`."""
        self.traffic = Traffic()
        limits = httpx.Limits(max_connections=8, max_keepalive_connections=8)
        self._client = httpx.Client(base_url=api_url, timeout=WAIT_SECONDS, limits=limits)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        token: str | None,
        body: object = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; `body` is sent as JSON unless it is bytes."""
        headers = {"accept-language": "zh"} | (
            {"authorization": f"Bearer {token}"} if token else {}
        )
        content: dict[str, Any] = {}
        if isinstance(body, bytes):
            content = {"content": body}
            headers["content-type"] = "application/json"
        elif body is not None:
            content = {"json": body}
        begun = time.monotonic()
        try:
            got = self._client.request(method, path, headers=headers, params=query, **content)
        except httpx.HTTPError as error:
            return Answer(0, {"code": f"no_answer_{type(error).__name__}"})
        finally:
            self.traffic.add(time.monotonic() - begun)
        return Answer(got.status_code, _json(got), got.headers)

    def get(self, path: str, token: str | None, **query: str) -> Answer:
        """GET."""
        return self.call("GET", path, token, query=query or None)

    def post(self, path: str, token: str | None, body: object) -> Answer:
        """POST."""
        return self.call("POST", path, token, body)

    def put(self, path: str, token: str | None, body: object) -> Answer:
        """PUT."""
        return self.call("PUT", path, token, body)


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {"code": "not_json", "text": response.text[:200]}
    return body if isinstance(body, dict) else {"items": body}


def role_at(role: str, place: str = COMMUNITY) -> str:
    """A role claim for a place."""
    return f"{role}@{place}"
