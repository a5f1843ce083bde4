"""The simulated provider on loopback: WeChat Pay API v3's protocol around a `Book`.

Paths under `/_sandbox/` are not WeChat's: by them a test plays the person with the phone, the
bank, and bad luck.
"""

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from local.wechatpay import signing
from local.wechatpay.book import Book, Reply, problem
from local.wechatpay.faults import Trouble
from local.wechatpay.keys import Keys
from local.wechatpay.notifier import Notifier

HOST = "127.0.0.1"
KEY_FILE = "wechatpay.json"
"""In the stack's state folder: both sides' keys."""
_TICK_SECONDS = 0.2


class Provider:
    """A running simulator; `with Provider(keys, clock, port=0) as provider: provider.url`.

    `clock` gives the instants of its business (when orders expire, when a notification was
    signed); requests are signed with the system's time, which the client library takes.
    """

    def __init__(
        self, keys: Keys, clock: Callable[[], datetime], port: int = 0, speed: float = 10
    ) -> None:
        """Take the port (0: a free one); raises OSError if it is taken."""
        self.keys, self.clock = keys, clock
        self.trouble = Trouble()
        self.notifier = Notifier(keys, self.trouble, clock, speed)
        self.book = Book(keys.mchid, keys.appid, self.notifier.tell)
        self.guard = signing.Guard(keys)
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer((HOST, port), handler)
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=run, daemon=True)
            for run in (self._server.serve_forever, self.notifier.run, self._settle_refunds)
        ]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> "Provider":
        """Start to listen."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening and forget everything."""
        self._ended.set()
        self.notifier.end()
        self._server.shutdown()
        self._server.server_close()

    def control(self, path: str, body: dict[str, Any]) -> Reply:
        """Do what a path under /_sandbox/ asks for."""
        if path == "faults":
            return Reply(200, self.trouble.set(body).model_dump())
        if path == "pay":
            paid = self.book.pay(str(body["prepay_id"]), self.clock())
            return Reply(200, {"paid": paid})
        if path == "pay-despite":
            self.book.pay_despite(str(body["out_trade_no"]), self.clock())
            return Reply(200, {"paid": True})
        if path == "decline":
            self.book.decline(str(body["out_trade_no"]))
            return Reply(200, {})
        if path == "settle-refund":
            self.book.settle_refund(str(body["out_refund_no"]), str(body["status"]))
            return Reply(200, {})
        if path == "misreport":
            return Reply(200, {"answer": self._misreport(body)})
        return self._control_notices(path)

    def _misreport(self, body: dict[str, Any]) -> int:
        """Tell, well signed, of a payment over another `amount` than was asked for; the answer."""
        trade = self.book.trades[str(body["out_trade_no"])]
        told = self.book.describe(trade) | {"trade_state": "SUCCESS", "amount": body["amount"]}
        url = str(trade.request["notify_url"])
        return self.notifier.deliver(self.notifier.make("TRANSACTION.SUCCESS", told, url))

    def _control_notices(self, path: str) -> Reply:
        if path == "forge":
            return Reply(200, dict(self.notifier.forge()))
        if path == "redeliver":
            told = [self.notifier.deliver(notice) for notice in reversed(self.notifier.sent)]
            return Reply(200, {"answers": told})
        if path == "state":
            return Reply(200, self._state())
        return problem(404, "NO_SUCH_PATH")

    def _state(self) -> dict[str, Any]:
        trades = {n: self.book.describe(t) for n, t in self.book.trades.items()}
        backs = self.book.refunds.items()
        return {
            "trades": trades,
            "prepay_ids": {n: t.prepay_ids for n, t in self.book.trades.items()},
            "captures": {n: t.captures for n, t in self.book.trades.items()},
            "refunds": {n: self.book.describe_refund(b, "status") for n, b in backs},
            "answers": self.notifier.answers,
        }

    def _settle_refunds(self) -> None:
        while not self._ended.wait(_TICK_SECONDS):
            waiting = timedelta(seconds=self.trouble.faults.refund_seconds)
            self.book.settle_refunds(self.clock() - waiting)


class _Handler(BaseHTTPRequestHandler):
    """One request; `provider` is set by the server's own subclass."""

    provider: Provider
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the stack has its own log."""

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/_sandbox/"):
            content = json.loads(body or b"{}")
            self._send(self.provider.control(self.path.removeprefix("/_sandbox/"), content))
            return
        time.sleep(self.provider.trouble.faults.delay_seconds)
        outcome = self.provider.trouble.draw()
        if outcome == "outage":
            self._send(problem(503, "SYSTEM_ERROR"))
        elif outcome == "error":
            self._send(problem(500, "SYSTEM_ERROR"))
        elif outcome == "lost_before":
            self.close_connection = True
        else:
            reply = self._reply(method, body)
            if outcome == "lost_after":
                self.close_connection = True
                return
            self._send(reply, signed=outcome == "fine")

    def _reply(self, method: str, body: bytes) -> Reply:
        header = self.headers.get("Authorization", "")
        try:
            self.provider.guard.check(method, self.path, header, body)
            content = json.loads(body or b"{}")
        except signing.NotSigned as error:
            return problem(401, "SIGN_ERROR", str(error))
        except ValueError:
            return problem(400, "PARAM_ERROR")
        path = self.path.partition("?")[0]
        return self.provider.book.answer(method, path, content, self.provider.clock())

    def _send(self, reply: Reply, signed: bool = True) -> None:
        text = "" if reply.body is None else json.dumps(reply.body, ensure_ascii=False)
        keys = self.provider.keys
        headers = signing.signed_headers(keys, text if signed else f"{text} ", int(time.time()))
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())
