"""
WeChat Pay API v3 (direct merchant, public-key mode), by the client library wechatpayv3.

The library signs requests, verifies the answers' signatures and decrypts notifications. It leaves
to its user, and this module adds: the age of a notification (WeChat asks for 5 minutes at most),
a check of the key's id before anything is computed, and which failures say nothing at all.

Not for import by the subject's own modules: only functions with the payments layer have the
library.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import requests
from wechatpayv3 import WeChatPayType

from linli.kernel.time import ZONE
from linli.payments import rules
from linli.payments.model import ForgedNotification, StaleNotification
from linli.payments.provider import (
    Declined,
    KnownAlready,
    Notice,
    Order,
    PrepayHandle,
    RefundResult,
    RefundStatus,
    Result,
    Status,
    Unavailable,
)
from linli.payments.wechat_client import Client, WechatCredentials

FRESH = timedelta(minutes=5)
_DESCRIPTION = "邻里生鲜订单"
_TYPES = {
    "wechat_jsapi": WeChatPayType.JSAPI,
    "wechat_app": WeChatPayType.APP,
    "wechat_native": WeChatPayType.NATIVE,
}
_ASK_AGAIN = frozenset({"ORDERPAID", "ORDER_CLOSED", "OUT_TRADE_NO_USED", "INVALID_REQUEST"})
"""Refusals of a new order that leave open what became of an earlier one with its number."""
_NO_ANSWER = frozenset({"SYSTEM_ERROR", "FREQUENCY_LIMITED", "SIGN_ERROR", "NOT_ENOUGH"})
"""Failures that pass, or that are ours to mend: nothing was charged, asking again may help."""
_TRADE = {
    "SUCCESS": Status.SUCCEEDED,
    "REFUND": Status.SUCCEEDED,  # Paid, and part of it paid back since.
    "NOTPAY": Status.PENDING,
    "USERPAYING": Status.PENDING,
    "CLOSED": Status.CLOSED,
    "REVOKED": Status.CLOSED,
    "PAYERROR": Status.FAILED,
}
_REFUND = {
    "SUCCESS": RefundStatus.SUCCEEDED,
    "PROCESSING": RefundStatus.PROCESSING,
    "CLOSED": RefundStatus.CLOSED,
    "ABNORMAL": RefundStatus.ABNORMAL,
}


class WechatPay:
    """`provider.Provider` by WeChat Pay."""

    def __init__(self, credentials: WechatCredentials, asked: Client) -> None:
        self._credentials, self._client = credentials, asked

    def create(self, order: Order) -> PrepayHandle:
        """See `Provider.create`."""
        number = rules.provider_number(order.attempt_id)
        status, body = _call(
            self._client.pay,
            description=_DESCRIPTION,
            out_trade_no=number,
            amount={"total": order.fen, "currency": "CNY"},
            payer={"openid": order.payer_id} if order.method == "wechat_jsapi" else None,
            time_expire=order.expires_at.astimezone(ZONE).isoformat(timespec="seconds"),
            pay_type=_TYPES[order.method],
        )
        if status == 200:
            return PrepayHandle(self._parameters(order, body))
        if _code(body) in _ASK_AGAIN:
            raise KnownAlready
        raise _refusal(status, body)

    def query(self, attempt_id: str) -> Result:
        """See `Provider.query`."""
        number = rules.provider_number(attempt_id)
        status, body = _call(self._client.query, out_trade_no=number)
        if status == 200:
            return self._result(body)
        if status == 404:
            return Result(Status.MISSING)
        raise Unavailable(_code(body))

    def close(self, attempt_id: str) -> None:
        """See `Provider.close`."""
        number = rules.provider_number(attempt_id)
        status, body = _call(self._client.close, out_trade_no=number)
        if status >= 500 or _code(body) in _NO_ANSWER:
            raise Unavailable(_code(body))

    def refund(self, number: str, attempt_id: str, fen: int, total_fen: int) -> RefundResult:
        """See `Provider.refund`."""
        status, body = _call(
            self._client.refund,
            out_refund_no=number,
            out_trade_no=rules.provider_number(attempt_id),
            amount={"refund": fen, "total": total_fen, "currency": "CNY"},
        )
        if status == 200:
            return _refund_result(body, "status")
        raise _refusal(status, body)

    def query_refund(self, number: str) -> RefundResult:
        """See `Provider.query_refund`."""
        status, body = _call(self._client.query_refund, out_refund_no=number)
        if status == 200:
            return _refund_result(body, "status")
        if status == 404:
            return RefundResult(RefundStatus.MISSING)
        raise Unavailable(_code(body))

    def read_notification(self, headers: Mapping[str, str], body: str, now: datetime) -> Notice:
        """See `Provider.read_notification`."""
        lower = {name.lower(): value for name, value in headers.items()}
        if lower.get("wechatpay-serial") != self._credentials.public_key_id:
            raise ForgedNotification
        _check_age(lower.get("wechatpay-timestamp", ""), now)
        try:
            told = self._client.callback(lower, body)
        except Exception as error:  # The library raises whatever malformed input makes it raise.
            raise ForgedNotification from error
        if not told:
            raise ForgedNotification
        return self._notice(told)

    def _notice(self, told: Mapping[str, Any]) -> Notice:
        try:
            inside = told["resource"]
            if inside["mchid"] != self._credentials.mchid:
                raise ForgedNotification
            attempt_id = rules.attempt_of(inside["out_trade_no"])
            if str(told["event_type"]).startswith("REFUND."):
                refund = _refund_result(inside, "refund_status")
                number = str(inside["out_refund_no"])
                return Notice(str(told["id"]), attempt_id, refund_number=number, refund=refund)
            return Notice(str(told["id"]), attempt_id, result=self._result(inside))
        except (KeyError, TypeError, ValueError, Unavailable) as error:
            raise ForgedNotification from error

    def _result(self, body: Mapping[str, Any]) -> Result:
        """What a payment's description says; another merchant's or currency is no answer."""
        status = _TRADE.get(str(body.get("trade_state")))
        if status is None or body.get("mchid") != self._credentials.mchid:
            raise Unavailable("an answer that is none")
        if status is not Status.SUCCEEDED:
            return Result(status)
        return Result(status, _fen(body, "total"), str(body.get("transaction_id", "")))

    def _parameters(self, order: Order, body: Mapping[str, Any]) -> dict[str, str]:
        """What the client needs to open WeChat's pay dialogue, signed by the merchant."""
        if order.method == "wechat_native":
            return {"code_url": str(body["code_url"])}
        appid, prepay_id = self._credentials.appid, str(body["prepay_id"])
        at, nonce = str(int(order.asked_at.timestamp())), secrets.token_hex(16)
        if order.method == "wechat_app":
            return {
                "appid": appid,
                "partnerid": self._credentials.mchid,
                "prepayid": prepay_id,
                "package": "Sign=WXPay",
                "noncestr": nonce,
                "timestamp": at,
                "sign": self._client.sign([appid, at, nonce, prepay_id]),
            }
        package = f"prepay_id={prepay_id}"
        return {
            "appId": appid,
            "timeStamp": at,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._client.sign([appid, at, nonce, package]),
        }


def _call(ask: Callable[..., tuple[int, str]], **what: Any) -> tuple[int, dict[str, Any]]:
    """Call the library; no answer, or one whose signature is wrong, says nothing at all."""
    try:
        status, text = ask(**what)
        body = json.loads(text) if text else {}
    except (requests.RequestException, ValueError) as error:
        raise Unavailable(type(error).__name__) from error
    except Exception as error:
        if type(error) is not Exception:  # The library's own failures have no type.
            raise
        raise Unavailable("not believed") from error
    return status, body if isinstance(body, dict) else {}


def _refusal(status: int, body: Mapping[str, Any]) -> Exception:
    code = _code(body)
    if status >= 500 or status in (401, 429) or code in _NO_ANSWER:
        return Unavailable(code)
    return Declined(code)


def _code(body: Mapping[str, Any]) -> str:
    return str(body.get("code", "")) or "no_code"


def _refund_result(body: Mapping[str, Any], key: str) -> RefundResult:
    status = _REFUND.get(str(body.get(key)))
    if status is None:
        raise Unavailable("an answer that is none")
    return RefundResult(status, _fen(body, "refund") if status is RefundStatus.SUCCEEDED else None)


def _fen(body: Mapping[str, Any], key: str) -> int | None:
    """An amount; None: of another currency than ours."""
    amount = body.get("amount")
    if not isinstance(amount, dict) or not isinstance(amount.get(key), int):
        raise Unavailable("an answer that is none")
    return int(amount[key]) if amount.get("currency", "CNY") == "CNY" else None


def _check_age(timestamp: str, now: datetime) -> None:
    if not timestamp.isdecimal():
        raise ForgedNotification
    if abs(int(timestamp) - now.timestamp()) > FRESH.total_seconds():
        raise StaleNotification
