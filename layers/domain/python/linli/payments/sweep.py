"""
The sweeper: asks about every attempt and refund that has waited long enough.

It heals what time-outs, crashes and outages leave behind, closes what nobody paid in time, and
ends reviews that nobody made. Each item stands for itself: one that fails waits for the next
round, and the others go on.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from aws_lambda_powertools import Logger

from linli.kernel import reads
from linli.kernel.errors import Refused
from linli.kernel.time import rfc3339
from linli.payments import ask, attempts, push
from linli.payments.model import AttemptState
from linli.payments.parties import Parties
from linli.payments.rows import (
    BY_DUE,
    DUE_SHARDS,
    HELD,
    OPEN,
    AttemptRow,
    DueRow,
    RefundRow,
    due_mark,
)

logger = Logger(service="payments")
S = AttemptState
MOST_AT_ONCE = 200
"""What one run looks at, the longest due first; a run takes at most a few minutes so."""


def sweep(
    parties: Parties,
    clock: Callable[[], datetime],
    most: int = MOST_AT_ONCE,
    shards: str = DUE_SHARDS,
) -> dict[str, int]:
    """
    Look at what is due; answers how many items ended in which state, `fault` among them.

    The provider is asked one item after the other, so each gets the instant of its own turn.
    Several runs may share out the `shards`, the last digits of the orders' ids.
    """
    done: Counter[str] = Counter()
    for due in _due(clock(), shards)[:most]:
        try:
            done[_look(due, parties, clock())] += 1
        except Refused as refusal:
            done[refusal.code] += 1
            logger.warning("not healed", extra={"code": refusal.code, "item": due.sk})
            _postpone(due, clock())
        except Exception as error:
            done["fault"] += 1
            logger.exception("not healed", extra={"kind": type(error).__name__, "item": due.sk})
    return dict(done)


def _due(now: datetime, shards: str) -> list[DueRow]:
    until = "due_at", rfc3339(now)
    found = [
        row
        for mark in (OPEN, HELD)
        for shard in shards
        for row in reads.index(DueRow, BY_DUE, "due_mark", due_mark(mark, shard), until=until)
    ]
    return sorted(found, key=lambda row: row.due_at)


def _postpone(due: DueRow, now: datetime) -> None:
    """Let an item that no question heals (an amount that is wrong) not stand before the others."""
    row = reads.get(AttemptRow, due.pk, due.sk) if due.sk.startswith("ATTEMPT#") else None
    if row is not None and row.due_mark is not None:
        attempts.delay(row, now)


def _look(due: DueRow, parties: Parties, now: datetime) -> str:
    """Look at one item, read anew, for the index is late; answers its state."""
    if due.sk.startswith("REFUND#"):
        refund = reads.get(RefundRow, due.pk, due.sk)
        return str(push.push(refund, parties, now).state) if refund else "gone"
    row = reads.get(AttemptRow, due.pk, due.sk)
    if row is None:
        return "gone"
    if row.state == S.HELD and (row.due_at or "") <= rfc3339(now):
        return str(attempts.end(row, S.CLOSED, now).state)
    if row.state in (S.UNKNOWN, S.CREATED):
        return str(ask.look(row, parties, now).state)
    return str(row.state)
