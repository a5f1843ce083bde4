"""What the simulated provider remembers: orders and refunds, and the rules that they follow.

Only memory, no network and no cryptography: tests use it in their own process, `server` puts the
protocol around it. Times are aware instants that the caller gives.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

LONGEST_NUMBER = 32


@dataclass(frozen=True)
class Reply:
    """An answer: HTTP status and JSON body (None: no content)."""

    status: int
    body: dict[str, Any] | None = None


@dataclass
class Trade:
    """An order at the provider; `state` in WeChat's words."""

    request: dict[str, Any]
    kind: str
    expires_at: datetime
    state: str = "NOTPAY"
    prepay_ids: list[str] = field(default_factory=list)
    transaction_id: str | None = None
    success_at: datetime | None = None
    captures: int = 0
    despite: bool = False

    @property
    def number(self) -> str:
        """The merchant's number."""
        return str(self.request["out_trade_no"])

    @property
    def fen(self) -> int:
        """What is to be paid."""
        return int(self.request["amount"]["total"])


@dataclass
class Back:
    """A refund at the provider; `status` in WeChat's words."""

    request: dict[str, Any]
    refund_id: str
    at: datetime
    status: str = "PROCESSING"

    @property
    def fen(self) -> int:
        """What goes back."""
        return int(self.request["amount"]["refund"])


class Book:
    """All orders and refunds of one merchant; `notify(kind, resource, url)` hears each outcome."""

    def __init__(
        self,
        mchid: str,
        appid: str,
        notify: Callable[[str, dict[str, Any], str], None],
    ) -> None:
        """Begin an empty book."""
        self.mchid, self.appid, self._notify = mchid, appid, notify
        self.trades: dict[str, Trade] = {}
        self.refunds: dict[str, Back] = {}
        self._lock = threading.RLock()
        self._serial = 0

    def answer(self, method: str, path: str, body: Mapping[str, Any], now: datetime) -> Reply:
        """Answer one request; `path` without its query."""
        with self._lock:
            parts = path.strip("/").split("/")
            if method == "POST" and parts[:3] == ["v3", "pay", "transactions"] and len(parts) == 4:
                return self._order(parts[3], dict(body), now)
            if parts[:4] == ["v3", "pay", "transactions", "out-trade-no"]:
                return self._of_trade(method, parts[4:], now)
            if parts[:4] == ["v3", "refund", "domestic", "refunds"]:
                return self._of_refund(method, parts[4:], dict(body), now)
            return problem(404, "NO_SUCH_PATH")

    # What the merchant does.

    def _order(self, kind: str, body: dict[str, Any], now: datetime) -> Reply:
        wrong = self._wrong(kind, body, now)
        if wrong:
            return problem(400, "PARAM_ERROR", wrong)
        known = self._trade(body["out_trade_no"], now)
        if known is None:
            known = Trade(body, kind, datetime.fromisoformat(body["time_expire"]))
            self.trades[known.number] = known
        elif known.state != "NOTPAY":
            return problem(400, "ORDERPAID" if known.success_at else "ORDER_CLOSED")
        elif (known.request, known.kind) != (body, kind):
            return problem(400, "INVALID_REQUEST", "201 商户订单号重复")
        prepay_id = f"wx{self._next():030d}"
        known.prepay_ids.append(prepay_id)
        if kind == "native":
            return Reply(200, {"code_url": f"weixin://wxpay/bizpayurl?pr={prepay_id}"})
        return Reply(200, {"prepay_id": prepay_id})

    def _wrong(self, kind: str, body: dict[str, Any], now: datetime) -> str | None:
        number, fen = str(body.get("out_trade_no", "")), body.get("amount", {}).get("total")
        checks = {
            "kind": kind in ("jsapi", "app", "native"),
            "mchid": body.get("mchid") == self.mchid and body.get("appid") == self.appid,
            "out_trade_no": 6 <= len(number) <= LONGEST_NUMBER and number.isalnum(),
            "amount": isinstance(fen, int) and fen > 0,
            "description": bool(body.get("description")),
            "notify_url": str(body.get("notify_url", "")).startswith("http"),
            "payer": kind != "jsapi" or bool(body.get("payer", {}).get("openid")),
        }
        try:
            checks["time_expire"] = datetime.fromisoformat(str(body.get("time_expire"))) > now
        except ValueError:
            checks["time_expire"] = False
        return next((name for name, fine in checks.items() if not fine), None)

    def _trade(self, number: str, now: datetime) -> Trade | None:
        trade = self.trades.get(number)
        if trade is not None and trade.state == "NOTPAY" and now >= trade.expires_at:
            trade.state = "CLOSED"
        return trade

    def _of_trade(self, method: str, rest: list[str], now: datetime) -> Reply:
        trade = self._trade(rest[0], now)
        if trade is None:
            return problem(404, "ORDER_NOT_EXIST")
        if method == "GET":
            return Reply(200, self.describe(trade))
        if trade.success_at:
            return problem(400, "ORDERPAID")
        trade.state = "CLOSED"
        return Reply(204)

    def _of_refund(
        self, method: str, rest: list[str], body: dict[str, Any], now: datetime
    ) -> Reply:
        if method == "GET":
            found = self.refunds.get(rest[0])
            return (
                Reply(200, self.describe_refund(found, "status"))
                if found
                else problem(404, "RESOURCE_NOT_EXISTS")
            )
        trade = self.trades.get(str(body.get("out_trade_no")))
        if trade is None or not trade.success_at:
            return problem(404, "RESOURCE_NOT_EXISTS")
        number = str(body["out_refund_no"])
        known = self.refunds.get(number)
        if known is None:
            given = sum(r.fen for r in self._back(trade) if r.status != "CLOSED")
            if given + int(body["amount"]["refund"]) > trade.fen * max(1, trade.captures):
                return problem(400, "INVALID_REQUEST", "订单金额或退款金额不一致")
            known = self.refunds[number] = Back(body, f"503{self._next():025d}", now)
        elif known.request["amount"] != body["amount"]:
            return problem(400, "INVALID_REQUEST", "退款单号重复")
        return Reply(200, self.describe_refund(known, "status"))

    def _back(self, trade: Trade) -> list[Back]:
        return [r for r in self.refunds.values() if r.request["out_trade_no"] == trade.number]

    # What the person with the phone does, and the banks.

    def pay(self, prepay_id: str, now: datetime) -> bool:
        """A person pays; tells whether the money went over. Nobody can pay without the handle."""
        with self._lock:
            trade = next((t for t in self.trades.values() if prepay_id in t.prepay_ids), None)
            if trade is None or (self._trade(trade.number, now) or trade).state != "NOTPAY":
                return False
            self._succeed(trade, now)
            return True

    def pay_despite(self, number: str, now: datetime) -> None:
        """Money goes over although the order was closed: what must never happen, and may."""
        with self._lock:
            self.trades[number].despite = True
            self._succeed(self.trades[number], now)

    def decline(self, number: str) -> None:
        """The bank says no for good."""
        with self._lock:
            if self.trades[number].state == "NOTPAY":
                self.trades[number].state = "PAYERROR"

    def settle_refund(self, number: str, status: str = "SUCCESS") -> None:
        """A refund ends: SUCCESS, CLOSED or ABNORMAL."""
        with self._lock:
            back = self.refunds[number]
            if back.status == "PROCESSING":
                back.status = status
                url = str(back.request.get("notify_url", ""))
                resource = self.describe_refund(back, "refund_status")
                self._notify(f"REFUND.{status}", resource, url)

    def settle_refunds(self, before: datetime) -> None:
        """All refunds that were asked for before an instant succeed."""
        with self._lock:
            for number, back in self.refunds.items():
                if back.status == "PROCESSING" and back.at <= before:
                    self.settle_refund(number)

    def _succeed(self, trade: Trade, now: datetime) -> None:
        trade.state, trade.success_at = "SUCCESS", now
        trade.captures += 1
        trade.transaction_id = f"4200{self._next():024d}"
        resource = self.describe(trade)
        self._notify("TRANSACTION.SUCCESS", resource, str(trade.request["notify_url"]))

    # How it is told.

    def describe(self, trade: Trade) -> dict[str, Any]:
        """An order as queried, and as notified."""
        told: dict[str, Any] = {
            "appid": self.appid,
            "mchid": self.mchid,
            "out_trade_no": trade.number,
            "trade_state": trade.state,
            "trade_state_desc": trade.state,
            "trade_type": trade.kind.upper(),
            "amount": {"total": trade.fen, "currency": "CNY"},
        }
        if trade.success_at:
            told["transaction_id"] = trade.transaction_id
            told["success_time"] = trade.success_at.isoformat(timespec="seconds")
            told["amount"] |= {"payer_total": trade.fen, "payer_currency": "CNY"}
            told["payer"] = trade.request.get("payer", {"openid": "o-somebody"})
        return told

    def describe_refund(self, back: Back, name: str) -> dict[str, Any]:
        """A refund as queried (`name`: status) or notified (refund_status)."""
        return {
            "mchid": self.mchid,
            "refund_id": back.refund_id,
            "out_refund_no": back.request["out_refund_no"],
            "out_trade_no": back.request["out_trade_no"],
            name: back.status,
            "user_received_account": "支付用户零钱",
            "create_time": back.at.isoformat(timespec="seconds"),
            "amount": back.request["amount"] | {"payer_refund": back.fen},
        }

    def _next(self) -> int:
        self._serial += 1
        return self._serial


def problem(status: int, code: str, message: str = "") -> Reply:
    """A refusal in WeChat's shape."""
    return Reply(status, {"code": code, "message": message or code})
