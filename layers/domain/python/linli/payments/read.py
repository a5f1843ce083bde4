"""How payments stand: for their resident, for the dispatcher who judges, for orders."""

import json
from datetime import datetime
from typing import Literal

from linli.kernel import reads
from linli.kernel.identity import Caller, Role
from linli.kernel.time import parse_instant
from linli.payments import attempts, push
from linli.payments.model import AttemptState, HeldAttempt, Payment, ReasonView
from linli.payments.parties import Parties
from linli.payments.rows import (
    BY_DUE,
    DUE_SHARDS,
    HELD,
    PAYMENT,
    AttemptRow,
    DueRow,
    PaymentRow,
    RefundRow,
    due_mark,
    id_in,
    of_order,
    order_in,
)
from linli.risk import Ruleset


def payment(order_id: str, *, caller: Caller, parties: Parties) -> Payment:
    """
    How the payment of the caller's order stands.

    Raises:
        NotFound: There is no such order, or it is somebody else's.
    """
    payable = parties.orders.payable(order_id, caller.subject)
    pk = of_order(order_id)
    row = reads.get(PaymentRow, pk, PAYMENT)
    tried = reads.query(AttemptRow, pk, AttemptRow.sk.startswith("ATTEMPT#"))
    refunds = reads.query(RefundRow, pk, RefundRow.sk.startswith("REFUND#"))
    return Payment(
        order_id=order_id,
        state=_state(row),
        due_fen=int(row.due_fen) if row else payable.total_fen,
        captured_fen=int(row.captured_fen) if row else 0,
        refunding_fen=int(row.refunding_fen) if row else 0,
        refunded_fen=int(row.refunded_fen) if row else 0,
        attempts=tuple(attempts.view(each) for each in tried),
        refunds=tuple(push.view(each) for each in refunds),
    )


def held(*, caller: Caller, ruleset: Ruleset) -> list[HeldAttempt]:
    """The attempts that wait for a word from a dispatcher of the caller's communities."""
    places = caller.places(Role.DISPATCHER)
    marks = [due_mark(HELD, shard) for shard in DUE_SHARDS]
    waiting = [row for mark in marks for row in reads.index(DueRow, BY_DUE, "due_mark", mark)]
    due = sorted(waiting, key=lambda row: row.due_at)
    found = reads.batch((AttemptRow, row.pk, row.sk) for row in due)
    rows = (found.get(AttemptRow, row.pk, row.sk) for row in due)
    return [
        _judged(row, ruleset)
        for row in rows
        if row is not None and row.state == AttemptState.HELD and row.community_id in places
    ]


def payer(order_id: str) -> str | None:
    """Who paid for an order, or tried to; None if nobody did."""
    tried = reads.query(AttemptRow, of_order(order_id), AttemptRow.sk.startswith("ATTEMPT#"))
    return tried[0].resident_id if tried else None


def extended(order_id: str, pay_by: datetime) -> datetime:
    """Until when an order waits for its payment: `pay_by`, or longer while its payment hangs."""
    row = reads.get(PaymentRow, of_order(order_id), PAYMENT)
    if row is None or row.extended_until is None:
        return pay_by
    return max(pay_by, parse_instant(row.extended_until))


def _state(row: PaymentRow | None) -> Literal["open", "captured", "refunded"]:
    if row is None:
        return "open"
    captured = int(row.captured_fen)
    if captured and captured == int(row.refunded_fen):
        return "refunded"
    return "open" if row.captured_by is None else "captured"


def _judged(row: AttemptRow, ruleset: Ruleset) -> HeldAttempt:
    words = {rule.id: rule for rule in ruleset.rules}
    reasons = [r for r in json.loads(row.score or "{}")["reasons"] if r["rule"] in words]
    return HeldAttempt(
        attempt_id=id_in(row.sk),
        order_id=order_in(row.pk),
        community_id=row.community_id,
        method=row.method,
        state=AttemptState(row.state),
        fen=int(row.fen),
        points=int(row.points),
        reasons=tuple(
            ReasonView(
                rule=r["rule"],
                value=r["value"],
                points=r["points"],
                why_en=words[r["rule"]].why_en,
                why_zh=words[r["rule"]].why_zh,
            )
            for r in reasons
        ),
        expires_at=row.expires_at,
    )
