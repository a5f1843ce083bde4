"""
Money that goes back: owed first, in one write with what makes it owed; then asked of the provider.

A refund is written under its id and takes from what is refundable under a condition, so that all
refunds together never exceed what was captured. The provider is asked under a number made of that
id: asking again changes nothing there.
"""

from dataclasses import dataclass
from datetime import datetime

from aws_lambda_powertools import Logger

from linli.kernel import ids, reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.payments import attempts, deposits, push, rules
from linli.payments.messages import REFUNDED, tell
from linli.payments.model import (
    CASH,
    Refund,
    RefundOrder,
    RefundState,
    RefundTooLarge,
)
from linli.payments.parties import Parties, PlacedOrder
from linli.payments.rows import (
    OPEN,
    PAYMENT,
    AttemptRow,
    PaymentRow,
    RefundRow,
    ShareRow,
    due_mark,
    of_order,
    refund_sk,
)

logger = Logger(service="payments")


def refund(
    command: RefundOrder, order_id: str, *, caller: Caller, now: datetime, parties: Parties
) -> Refund:
    """
    Pay a part of an order back, or all of it; sent again under the same id, it answers how that
    refund stands.

    A dispatcher of the order's community may refund anything that was paid; who keeps a store
    that supplied the order, up to what its own goods cost. Nobody refunds their own order.

    Raises:
        NotFound: There is no such order, or none of the caller's business.
        RefundTooLarge: More than is left of what was paid, or than the caller may.
        IdReused: The id was used for another refund.
    """
    order = parties.orders.read(order_id)
    store_id = _role(order, caller)
    digest = ids.fingerprint(command, by=caller.subject, order=order_id)
    row = get(order_id, str(command.id))
    if row is None:
        whose = order, order_id, store_id
        row = _concede(command, *whose, digest, caller, now, parties)
    if row.fingerprint != digest:
        raise IdReused
    return push.view(push.push(row, parties, now))


def _concede(
    command: RefundOrder,
    order: PlacedOrder,
    order_id: str,
    store_id: str | None,
    digest: str,
    caller: Caller,
    now: datetime,
    parties: Parties,
) -> RefundRow:
    owed = Owed(
        order_id=order_id,
        refund_id=str(command.id),
        fen=command.fen,
        reason=command.reason,
        by=caller.subject,
        fingerprint=digest,
        conceded=True,
        leaving_fen=deposits.out_fen(order_id, order.charged_deposit_fen),
    )
    refusal: Refused = AlreadyDone()
    try:
        with transaction() as tx:
            _charge_share(tx, order, order_id, store_id, command.fen)
            owe(tx, owed, now)
            parties.orders.conceded(tx, order_id, owed.refund_id, owed.fen, now)
    except (AlreadyDone, RefundTooLarge) as told:
        refusal = told  # Unless a resend was faster, and perhaps took all there was.
    row = get(order_id, owed.refund_id)
    if row is None:
        raise refusal
    return row


@dataclass(frozen=True, slots=True)
class Owed:
    """
    Money to be paid back. `refund_id`: an id of its own, at most 50 characters of `A-Z a-z 0-9 -`.
    `conceded`: out of goodwill, the order costs what it cost. `left_fen`: only if exactly so much
    is left of what was paid. `leaving_fen`: only if so much is left after it: deposits of boxes.
    """

    order_id: str
    refund_id: str
    fen: int
    reason: str
    by: str
    fingerprint: str = ""
    conceded: bool = False
    left_fen: int | None = None
    leaving_fen: int = 0


def owe(tx: Transaction, owed: Owed, now: datetime) -> None:
    """
    Owe a part of an order's payment back, in the transaction that makes it owed; the sweeper
    hands it over. Cash is handed back by the store, and counts as paid back at once.

    Raises, here or when `tx` commits:
        AlreadyDone: The refund was written before.
        RefundTooLarge: Nothing was paid, or less is left of it.
        Contended: Another amount is left than `left_fen`; sending it again is safe.
    """
    payment = reads.get(PaymentRow, of_order(owed.order_id), PAYMENT)
    if payment is None or payment.captured_by is None:
        raise RefundTooLarge
    attempt = attempts.get(owed.order_id, payment.captured_by)
    assert attempt is not None, "attempts are never deleted"
    cash = attempt.method == CASH
    row = _row(attempt, owed, now)
    tx.put(row, condition=RefundRow.pk.does_not_exist(), refusal=AlreadyDone())
    enough = PaymentRow.refundable_fen >= owed.fen + owed.leaving_fen
    exact = owed.left_fen is not None
    tx.update(
        PaymentRow(row.pk, PAYMENT),
        [
            PaymentRow.refundable_fen.add(-owed.fen),
            (PaymentRow.refunded_fen if cash else PaymentRow.refunding_fen).add(owed.fen),
        ],
        condition=PaymentRow.refundable_fen == owed.left_fen if exact else enough,
        refusal=Contended("another refund was faster") if exact else RefundTooLarge(),
    )
    if cash:
        tell(tx, row.pk, REFUNDED, owed.refund_id, owed.fen, now, owed.reason)


def request_refund(
    tx: Transaction,
    *,
    order_id: str,
    fen: int,
    reason: str,
    now: datetime,
    version: int,
    deposit_fen: int = 0,
) -> None:
    """
    Owe back what an order no longer costs, in the transaction of the order's turn to `version`.

    What was conceded before out of goodwill counts towards it: no more goes back than is left of
    what was paid, and `deposit_fen` of it stay, for boxes are to be brought back for them.

    Raises, when `tx` commits:
        AlreadyDone: This turn asked for it before.
        Contended: Another refund was written at this moment; sending the turn again is safe.
    """
    payment = reads.get(PaymentRow, of_order(order_id), PAYMENT)
    left_fen = int(payment.refundable_fen) if payment else 0
    if left_fen - deposit_fen < fen:
        logger.warning("less is left than owed", extra={"order_id": order_id, "fen": fen})
    if min(fen, left_fen - deposit_fen) > 0:
        owed = Owed(
            order_id=order_id,
            refund_id=rules.requested_id(order_id, version),
            fen=min(fen, left_fen - deposit_fen),
            reason=reason,
            by="linli",
            left_fen=left_fen,
        )
        owe(tx, owed, now)


def get(order_id: str, refund_id: str) -> RefundRow | None:
    """The refund, if there is one."""
    return reads.get(RefundRow, of_order(order_id), refund_sk(refund_id))


def _row(attempt: AttemptRow, owed: Owed, now: datetime) -> RefundRow:
    cash = attempt.method == CASH
    return RefundRow(
        attempt.pk,
        refund_sk(owed.refund_id),
        attempt_id=attempt.sk.partition("#")[2],
        method=attempt.method,
        fen=owed.fen,
        total_fen=int(attempt.fen),
        reason=owed.reason,
        state=(RefundState.SUCCEEDED if cash else RefundState.PENDING).value,
        fingerprint=owed.fingerprint,
        conceded=owed.conceded,
        by=owed.by,
        began_at=rfc3339(now),
        changed_at=rfc3339(now),
        due_mark=None if cash else due_mark(OPEN, attempt.pk),
        due_at=None if cash else rfc3339(now),
    )


def _role(order: PlacedOrder, caller: Caller) -> str | None:
    """The store for which the caller refunds; None: for the community, as its dispatcher."""
    if caller.subject in order.people:
        raise NotFound
    if caller.holds(Role.DISPATCHER, order.community_id):
        return None
    for store_id in caller.places(Role.STORE):
        if rules.share_fen(order.lines, store_id):
            return store_id
    raise NotFound


def _charge_share(
    tx: Transaction, order: PlacedOrder, order_id: str, store_id: str | None, fen: int
) -> None:
    if store_id is None:
        return
    share_fen = rules.share_fen(order.lines, store_id)
    if fen > share_fen:
        raise RefundTooLarge(most_fen=share_fen)
    tx.update(
        ShareRow(of_order(order_id), f"SHARE#{store_id}"),
        [ShareRow.refunded_fen.add(fen)],
        condition=ShareRow.refunded_fen.does_not_exist()
        | (ShareRow.refunded_fen <= share_fen - fen),
        refusal=RefundTooLarge(most_fen=share_fen),
    )
