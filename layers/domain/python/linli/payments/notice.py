"""
Notifications of the provider: late, repeated, out of order, forged.

Only money that came, or went back, is taken from a notification; whatever else it says only
hastens our own question, and the answer to that decides. So no order of arrival can move an
attempt back.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.transact import transaction
from linli.payments import attempts, push, refunds, rules, settle
from linli.payments.attempts import Moved
from linli.payments.parties import Parties
from linli.payments.provider import Notice, RefundStatus, Status
from linli.payments.rows import NOTICE, AttemptRow, NoticeRow, order_in


def take(headers: Mapping[str, str], body: str, *, parties: Parties, now: datetime) -> None:
    """
    Take a notification in; the same one again changes nothing.

    Raises:
        ForgedNotification, StaleNotification: It is not to be believed.
        NotFound: It tells of nothing that we asked for.
        AmountMismatch: It tells of another amount.
        MethodUnavailable: There is no provider.
    """
    told = parties.online.read_notification(headers, body, now)
    if reads.get(NoticeRow, f"NOTICE#{told.notice_id}", NOTICE):
        return
    row = attempts.find(told.attempt_id)
    if told.refund_number is not None:
        _of_refund(row, told, now)
    elif told.result is not None and told.result.status is Status.SUCCEEDED:
        settle.succeeded(row, told.result, parties, now, told.notice_id)
    else:
        attempts.hasten(row, now)
        _note(told, now)


def _of_refund(row: AttemptRow, told: Notice, now: datetime) -> None:
    try:
        refund_id, round_ = rules.refund_of(told.refund_number or "")
    except ValueError:
        raise NotFound from None
    refund = refunds.get(order_in(row.pk), refund_id)
    if refund is None or told.refund is None:
        raise NotFound
    if told.refund.status is RefundStatus.SUCCEEDED and round_ == int(refund.round):
        push.record(refund, told.refund, now, told.notice_id)
    else:
        push.hasten(refund, now)
        _note(told, now)


def _note(told: Notice, now: datetime) -> None:
    with suppress(Moved), transaction() as tx:  # Moved: the same notification was faster.
        settle.note(tx, told.notice_id, now)
