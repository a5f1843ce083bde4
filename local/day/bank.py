"""Payments that the bank, a forger and the rules of risk have their say about."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from local.day import errands
from local.day.paying import begin, confirm, pay, sandbox, wait_for
from local.day.places import Resident
from local.day.stage import Stage

FAR_AWAY = {"lon": 116.4, "lat": 39.9}
_NOT_BEFORE = timedelta(seconds=12)
"""An attempt is not disturbed by another for so long."""


def try_payments(stage: Stage) -> None:
    """A declined payment, a copied and a forged notification, one that is held and judged."""
    store = stage.sample.stores[0]
    payer, product = errands.people(stage, store)[0], errands.goods(stage)[0]
    errands.stock_up(stage, store, {product.sku: 2}, "paying")
    slot_id = stage.calendar.slot_id(16)
    more = {"pay": "online"}
    first, second = (
        errands.buy(stage, name, payer, [errands.line(product, 1)], slot_id, **more)
        for name in ("declined", "held")
    )
    _declined(stage, payer, first)
    told = sandbox(stage, "redeliver")["answers"]
    stage.tally.check("Notification of a payment repeated", "支付通知重复", "{204}", str(set(told)))
    forged = set(sandbox(stage, "forge").values())
    stage.tally.check("Notification forged", "伪造支付通知", "{401}", str(forged))
    _held(stage, payer, second)


def _declined(stage: Stage, payer: Resident, order_id: str) -> None:
    attempt = begin(stage, payer.subject, order_id)
    sandbox(stage, "decline", out_trade_no=UUID(attempt.body["attempt_id"]).hex)
    stage.clock_to(stage.now() + _NOT_BEFORE)
    again = pay(stage, payer.subject, order_id, name="pay-again")
    paid = again.ok and wait_for(stage, order_id)
    stage.tally.check("Declined by the bank, then paid", "银行拒付后重新支付", "True", str(paid))
    stage.tally.money.declined += 1


def _held(stage: Stage, payer: Resident, order_id: str) -> None:
    """Another phone, a thousand kilometres away: a dispatcher calls the resident first."""
    strange: dict[str, Any] = {
        "device_id": f"phone-{stage.calendar.id('held/phone')}",  # Known once it has paid.
        "device_at": FAR_AWAY,
        "payer_phone": "+8613911112222",
    }
    attempt = begin(stage, payer.subject, order_id, **strange)
    state = str(attempt.body.get("state"))
    stage.tally.check("A payment that looks like fraud", "可疑支付", "held_for_review", state)
    token, attempt_id = stage.token("dispatcher"), attempt.body.get("attempt_id")
    held = stage.doors.get("/v1/payments/held", token).body.get("attempts", [])
    word = {"id": stage.calendar.id("held/word"), "reason": "called: it was the resident's sister"}
    known = any(one["attempt_id"] == attempt_id and one["reasons"] for one in held)
    released = stage.doors.post(f"/v1/payments/{attempt_id}/release", token, word)
    stage.tally.payers[order_id] = payer.subject
    paid = known and confirm(stage, released) and wait_for(stage, order_id)
    stage.tally.check("Released by the dispatcher, then paid", "人工放行后支付", "True", str(paid))
    stage.tally.money.held += 1
