"""
Residents pay by phone. The provider is the stack's own, which speaks WeChat Pay's protocol; the
phone and the bank are played by its `/_sandbox/` paths.
"""

import time
from datetime import timedelta
from typing import Any

import httpx

from local.day.doors import Answer
from local.day.stage import Stage

ONLINE_EVERY = 8
"""One basket in so many is paid online."""
PATIENCE_SECONDS = 15.0


def sandbox(stage: Stage, path: str, **body: Any) -> dict[str, Any]:
    """Play the person with the phone, the bank, or a forger at the simulated provider."""
    url = f"{stage.stack.wechatpay_url}/_sandbox/{path}"
    answered: dict[str, Any] = httpx.post(url, json=body, timeout=30).raise_for_status().json()
    return answered


def pay(stage: Stage, subject: str, order_id: str, **more: Any) -> Answer:
    """
    A resident pays an order: begins an attempt at our door, and confirms it on the phone if there
    is something to confirm.
    """
    answer = begin(stage, subject, order_id, **more)
    if answer.ok and not confirm(stage, answer):
        stage.tally.surprise(f"order {order_id}: the phone could not pay {answer.body}")
    with stage.tally.lock:
        stage.tally.payers[order_id] = subject
    return answer


def begin(stage: Stage, subject: str, order_id: str, name: str = "pay", **more: Any) -> Answer:
    """POST an attempt to pay; a busy answer is sent again."""
    body = {
        "id": stage.calendar.id(f"{name}/{order_id}"),
        "method": "wechat_jsapi",
        "payer_id": f"openid-{subject}",
        "device_id": f"phone-{subject}",
    }
    token, path = stage.token("resident", subject), f"/v1/orders/{order_id}/payments"
    answer = stage.doors.post(path, token, body | more)
    for _ in range(3):
        if answer.code not in ("contended", "fault"):
            break
        answer = stage.doors.post(path, token, body | more)
    return stage.tally.expect(f"pay {order_id}", answer)


def confirm(stage: Stage, attempt: Answer) -> bool:
    """The phone pays by what the attempt's answer gave it; whether the money went over."""
    handle = attempt.body.get("handle") or {}
    prepay_id = str(handle.get("package", "")).removeprefix("prepay_id=")
    return bool(prepay_id and sandbox(stage, "pay", prepay_id=prepay_id)["paid"])


def stands(stage: Stage, order_id: str) -> dict[str, Any]:
    """How an order's payment stands."""
    token = stage.token("resident", stage.tally.payers[order_id])
    answer = stage.doors.get(f"/v1/orders/{order_id}/payments", token)
    return stage.tally.expect(f"payment of {order_id}", answer).body


def wait_for(stage: Stage, *order_ids: str) -> bool:
    """Wait until the provider's notifications have come for all of these orders."""
    end = time.monotonic() + PATIENCE_SECONDS
    for order_id in order_ids:
        while stands(stage, order_id).get("state") != "captured":
            if time.monotonic() > end:
                stage.tally.surprise(f"order {order_id}: paid, and nobody was told")
                return False
            time.sleep(0.1)
    return True


def account(stage: Stage) -> None:
    """The day's money as the doors tell it, once what goes back has gone back."""
    of = stage.tally.money
    told = {order_id: stands(stage, order_id) for order_id in sorted(stage.tally.payers)}
    end = time.monotonic() + PATIENCE_SECONDS
    while on_their_way := [each for each, one in told.items() if one.get("refunding_fen")]:
        if time.monotonic() > end:
            stage.tally.surprise(f"refunds are still on their way: {on_their_way}")
            break
        stage.by_schedule("SweepPaymentsFunction")
        time.sleep(1.5)  # The provider takes a second, then notifies.
        told |= {each: stands(stage, each) for each in on_their_way}
        stage.clock_to(stage.now() + timedelta(seconds=30))
    of.online_orders = sum(one.get("captured_fen", 0) > 0 for one in told.values())
    of.captured_fen = sum(one.get("captured_fen", 0) for one in told.values())
    of.refunded_fen = sum(one.get("refunded_fen", 0) for one in told.values())
    of.refunds = sum(len(one.get("refunds", [])) for one in told.values())
