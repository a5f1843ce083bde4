"""The pure rules of payments: which state may follow which, deadlines, patience, numbers."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from linli.payments.model import AlreadyPaid, AttemptState, NoLongerPayable, NothingDue
from linli.payments.parties import OrderLine, Payable

S = AttemptState
MAY_BECOME: Mapping[AttemptState, frozenset[AttemptState]] = {
    S.BLOCKED: frozenset(),
    S.HELD: frozenset({S.UNKNOWN, S.REJECTED, S.CLOSED}),
    S.REJECTED: frozenset(),
    S.UNKNOWN: frozenset({S.CREATED, S.SUCCEEDED, S.FAILED, S.CLOSED}),
    S.CREATED: frozenset({S.SUCCEEDED, S.FAILED, S.CLOSED}),
    S.SUCCEEDED: frozenset(),
    S.FAILED: frozenset({S.SUCCEEDED}),
    S.CLOSED: frozenset({S.SUCCEEDED}),
}
"""Money that came is the last word: it may follow `closed` and `failed`, nothing follows it."""
SENT = frozenset(state for state, after in MAY_BECOME.items() if S.SUCCEEDED in after)
"""States in which the provider may tell of money; in any other nobody was ever asked for it."""
OPEN_STATES = frozenset({S.HELD, S.UNKNOWN, S.CREATED})

GRACE = timedelta(minutes=30)
MOST_GRACE = timedelta(hours=2)
FIRST_LOOK = timedelta(seconds=60)
LONGEST = timedelta(hours=2)
"""How long a handle is good at WeChat Pay; an order may wait longer, for another attempt."""
UNDISTURBED = timedelta(seconds=10)
"""How long no other attempt may take its place: two taps at once must not close one another."""
_LEAST_TO_PAY = timedelta(seconds=60)
_FIRST_PATIENCE_SECONDS, _MOST_PATIENCE_SECONDS = 15, 600


def extended(pay_by: datetime, now: datetime) -> datetime:
    """
    Until when an order is kept whose payment hangs at `now` through no fault of the resident's
    (the provider is out, or a dispatcher is to judge): half an hour from now, at least the
    order's own deadline, at most two hours beyond it.
    """
    return min(max(pay_by, now + GRACE), pay_by + MOST_GRACE)


def patience(tries: int) -> timedelta:
    """How long to wait before the next look, doubling from 15 seconds to 10 minutes."""
    return timedelta(
        seconds=min(_FIRST_PATIENCE_SECONDS * 2 ** min(tries, 10), _MOST_PATIENCE_SECONDS)
    )


def time_to_pay(expires_at: datetime, now: datetime) -> bool:
    """Whether asking the provider still makes sense: it wants a minute at least."""
    return now + _LEAST_TO_PAY <= expires_at


def check_payable(payable: Payable, now: datetime) -> None:
    """
    Refuse unless the order waits for a payment.

    Raises:
        AlreadyPaid, NothingDue, NoLongerPayable
    """
    if payable.payment == "paid":
        raise AlreadyPaid
    if not waits(payable) or payable.pay_by is None or not time_to_pay(payable.pay_by, now):
        raise NoLongerPayable(state=payable.state, payment=payable.payment)
    if payable.total_fen <= 0:
        raise NothingDue


def waits(payable: Payable) -> bool:
    """Whether the order waits for an online payment."""
    return payable.state == "placed" and payable.payment == "due"


def requested_id(order_id: str, version: int) -> str:
    """The refund that an order's turn to `version` asks for; there is at most one."""
    return f"{order_id}-{version}"


def provider_number(attempt_id: str) -> str:
    """The number under which the provider knows an attempt: 32 characters, as WeChat takes."""
    return UUID(attempt_id).hex


def attempt_of(number: str) -> str:
    """
    The attempt of a provider's number.

    Raises:
        ValueError: No number of ours.
    """
    return str(UUID(hex=number))


def refund_number(refund_id: str, round_: int) -> str:
    """The number under which the provider is asked for a refund, for the nth time."""
    return f"{refund_id}-{round_}"


def refund_of(number: str) -> tuple[str, int]:
    """
    The refund and round of a provider's number.

    Raises:
        ValueError: No number of ours.
    """
    refund_id, _, round_ = number.rpartition("-")
    return refund_id, int(round_)


def back_id(attempt_id: str) -> str:
    """The refund that sends an attempt's money back by itself; there is at most one."""
    return f"{attempt_id}-back"


def share_fen(lines: Sequence[OrderLine], store_id: str) -> int:
    """What a store's goods cost in an order: the most that it may pay back."""
    return sum(
        line.price_fen * source.units
        for line in lines
        for source in line.sources
        if source.store_id == store_id
    )
