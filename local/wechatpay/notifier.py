"""Notifications on their way: signed anew for each delivery, repeated until they are taken."""

import heapq
import itertools
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.wechatpay import signing
from local.wechatpay.faults import Trouble
from local.wechatpay.keys import Keys

RETRY_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600)
"""WeChat's own pauses between deliveries of a notification that was not taken."""
ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class Notice:
    """A notification: the same id and content at each delivery."""

    notice_id: str
    url: str
    body: str


class Notifier:
    """Delivers notifications in the background; `speed` shortens the pauses between tries."""

    def __init__(
        self, keys: Keys, trouble: Trouble, clock: Callable[[], datetime], speed: float = 10
    ) -> None:
        """Begin with nothing to deliver."""
        self._keys, self._trouble, self._clock, self._speed = keys, trouble, clock, speed
        self._queue: list[tuple[float, int, int, Notice]] = []
        self._order, self._ready = itertools.count(), threading.Condition()
        self._ended = False
        self.sent: list[Notice] = []
        self.answers: list[tuple[str, int]] = []

    def tell(self, event_type: str, resource: dict[str, Any], url: str) -> None:
        """Have an outcome notified: as often, as late and in the order that the faults say."""
        notice = self.make(event_type, resource, url)
        self.sent.append(notice)
        faults = self._trouble.faults
        if self._trouble.rng.random() >= faults.notice_lost:
            for _ in range(faults.notice_copies):
                self._push(notice, 0, faults.notice_delay_seconds)

    def make(self, event_type: str, resource: dict[str, Any], url: str) -> Notice:
        """Write a notification, without sending it."""
        at = self._clock().isoformat(timespec="seconds")
        notice_id = f"EV-{secrets.token_hex(12)}"
        body = signing.notification(self._keys, notice_id, event_type, resource, at)
        return Notice(notice_id, url, body)

    def deliver(self, notice: Notice, headers: dict[str, str] | None = None) -> int:
        """Post a notification now and return the HTTP status of the answer (0: none)."""
        fresh = signing.signed_headers(self._keys, notice.body, int(self._clock().timestamp()))
        request = urllib.request.Request(
            notice.url,
            notice.body.encode(),
            {"Content-Type": "application/json", **(fresh if headers is None else headers)},
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                status = int(answer.status)
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError:
            status = 0
        self.answers.append((notice.notice_id, status))
        return status

    def forge(self) -> dict[str, int]:
        """Post what a forger could make of the last notification; return the answers by kind."""
        if not self.sent:
            return {}
        last, now = self.sent[-1], int(self._clock().timestamp())
        good = signing.signed_headers(self._keys, last.body, now)
        content = json.loads(last.body)
        changed = Notice(
            last.notice_id, last.url, json.dumps(content | {"id": f"EV-{secrets.token_hex(12)}"})
        )
        old = signing.signed_headers(self._keys, last.body, now - 3600)
        return {
            "no_headers": self.deliver(last, {}),
            "changed_body": self.deliver(changed, good),
            "changed_signature": self.deliver(last, good | {"Wechatpay-Signature": "AAAA"}),
            "another_key": self.deliver(last, good | {"Wechatpay-Serial": "PUB_KEY_ID_1"}),
            "hour_old": self.deliver(last, old),
        }

    def run(self) -> None:
        """Deliver until `end` is called."""
        while True:
            with self._ready:
                while not self._ended and (not self._queue or self._wait_seconds() > 0):
                    self._ready.wait(self._wait_seconds() if self._queue else None)
                if self._ended:
                    return
                _, _, tries, notice = heapq.heappop(self._queue)
            if self.deliver(notice) not in (200, 204) and tries < len(RETRY_SECONDS):
                self._push(notice, tries + 1, RETRY_SECONDS[tries] / self._speed)

    def end(self) -> None:
        """Let `run` return; what was not delivered is forgotten."""
        with self._ready:
            self._ended = True
            self._ready.notify_all()

    def _push(self, notice: Notice, tries: int, delay_seconds: float) -> None:
        with self._ready:
            number = next(self._order)
            order = -number if self._trouble.faults.notice_reversed else number
            heapq.heappush(self._queue, (time.monotonic() + delay_seconds, order, tries, notice))
            self._ready.notify_all()

    def _wait_seconds(self) -> float:
        return max(0.0, self._queue[0][0] - time.monotonic())
