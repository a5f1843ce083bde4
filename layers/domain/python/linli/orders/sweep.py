"""What happens to orders by itself, each minute: expire, give up waiting, close."""

from collections.abc import Callable
from datetime import datetime

from linli.kernel import reads
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.orders import hold, serve
from linli.orders.model import Order
from linli.orders.pay import expire
from linli.orders.rows import BY_DUE, DUE_SHARDS, DueRow, due_mark
from linli.orders.turn import SWEEPER, carry_out, turn


def sweep(now: datetime) -> dict[str, int]:
    """
    Do what is due by `now`; answers how many orders were looked at, by what was due.

    The index is late, the turns are conditional: what is not due after all stays as it is.

    Raises:
        ExceptionGroup: What went wrong with some orders, after the others have been seen to.
    """
    steps: dict[str, Callable[[str, datetime], Order]] = {
        "pay": expire,
        "collect": give_up_waiting,
        "close": close,
    }
    faults: list[Exception] = []
    seen = dict.fromkeys(steps, 0)
    for mark, step in steps.items():
        for order_id in _due(mark, now):
            seen[mark] += 1
            try:
                step(order_id, now)
            except Exception as fault:  # One order's trouble must not keep the others waiting.
                faults.append(fault)
    if faults:
        raise ExceptionGroup("some orders could not be seen to", faults)
    return seen


def _due(mark: str, now: datetime) -> list[str]:
    until = "due_at", rfc3339(now)
    return [
        row.pk
        for shard in DUE_SHARDS
        for row in reads.index(DueRow, BY_DUE, "due_mark", due_mark(mark, shard), until=until)
    ]


def emergencies(now: datetime) -> list[str]:
    """The emergency orders that are on no route yet, as the late index shows them."""
    return _due("rush", now)


def give_up_waiting(order_id: str, now: datetime) -> Order:
    """
    Let an order fail that nobody has collected in time: its units are free again.

    Raises:
        NotFound: There is no such order.
    """

    def act(tx: Transaction, order: Order) -> None:
        by = order.progress.collect_by
        if order.state in ("packed", "stored") and by is not None and by <= rfc3339(now):
            serve.fail(tx, order, "fail", by=SWEEPER, now=now, reason="not collected in time")

    return carry_out(order_id, act)


def close(order_id: str, now: datetime) -> Order:
    """
    Close an order whose end is long enough ago that nobody disputes it.

    Raises:
        NotFound: There is no such order.
    """

    def act(tx: Transaction, order: Order) -> None:
        at = order.progress.close_at
        if order.state in ("delivered", "collected", "failed") and at and at <= rfc3339(now):
            turn(tx, order, "close", actor=SWEEPER, now=now, reason="undisputed")
            hold.settle(tx, order, now)

    return carry_out(order_id, act)
