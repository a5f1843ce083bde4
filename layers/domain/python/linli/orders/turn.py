"""
Turning an order: the only way in which one that was placed ever changes.

A turn is the conditional update of the order's state and version with a row of its history, added
to the transaction of whatever else the turn does. `carry_out` runs one: it reads, lets the use
case add its writes, and starts anew if somebody else has turned the order in the meantime.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel
from pynamodb.expressions.update import Action

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, NotFound, Refused
from linli.kernel.ids import fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.orders import states
from linli.orders.model import Order, Payment
from linli.orders.progress import Progress
from linli.orders.rows import (
    COMMAND,
    ORDER,
    CommandRow,
    DeliveryRow,
    OrderRow,
    TurnRow,
    command_key,
    due_mark,
    due_of,
    order_of,
    rush_from,
    turn_key,
)
from linli.orders.states import Turn

SWEEPER = "system:sweeper"
WAVES = "system:waves"
PAYMENTS = "system:payments"
CLOSES_AFTER = timedelta(days=1)
"""How long after its end an order is closed."""
_TRIES = 6
_Once = CommandRow | DeliveryRow
Act = Callable[[Transaction, Order], None]


class MovedOn(Contended):
    """Somebody else has turned the order since it was read; sending it again is safe."""


def turn(
    tx: Transaction,
    order: Order,
    name: Turn,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
    actions: Sequence[Action] = (),
    payment: Payment | None = None,
    progress: Progress | None = None,
) -> None:
    """
    Add a turn of `order`, as it was read, to `tx`; it must be the first write of the order's.

    Raises, here or when `tx` commits:
        OutOfOrder: Its state does not allow it.
        MovedOn: It is not as it was read.
    """
    after = states.after(order.state, name)
    progress = _ended(progress or order.progress, after, now)
    paid = payment or order.payment
    seen = OrderRow.version == order.version if order.version else OrderRow.version.does_not_exist()
    tx.update(
        OrderRow(order.order_id, ORDER),
        [
            OrderRow.state.set(after),
            OrderRow.version.set(order.version + 1),
            OrderRow.changed_at.set(rfc3339(now)),
            OrderRow.payment.set(paid),
            OrderRow.progress.set(progress.model_dump_json(exclude_defaults=True)),
            *_due(order, after, paid, progress),
            *actions,
        ],
        condition=seen,
        refusal=MovedOn(),
    )
    row = TurnRow(order.order_id, turn_key(order.version + 1), turn=name, at=rfc3339(now))
    row.before, row.after, row.actor, row.reason = order.state, after, actor, reason
    tx.put(row, condition=TurnRow.pk.does_not_exist())


def _ended(progress: Progress, state: str, now: datetime) -> Progress:
    if state not in ("delivered", "collected", "failed"):
        return progress
    closes_at = rfc3339(now + CLOSES_AFTER)
    return progress.model_copy(update={"outcome": state, "close_at": closes_at})


def _due(order: Order, state: str, payment: str, progress: Progress) -> list[Action]:
    due = due_of(state, payment, progress, rush_from(order))
    if due is None:
        return [OrderRow.due_mark.remove(), OrderRow.due_at.remove()]
    mark = due_mark(due[0], order.order_id[-1])
    return [OrderRow.due_mark.set(mark), OrderRow.due_at.set(due[1])]


def once(
    command: BaseModel, command_id: object, order_id: str, by: str, now: datetime
) -> CommandRow:
    """The row by which a command is carried out once."""
    return CommandRow(
        command_key(command_id),
        COMMAND,
        order_id=order_id,
        fingerprint=fingerprint(command, order_id=order_id, by=by),
        at=rfc3339(now),
    )


def note_command(
    command: BaseModel, command_id: object, about: str, by: str, now: datetime
) -> None:
    """
    Note a command that is about more than one order; each of those is turned at most once.

    Raises:
        IdReused: The id was used for something else.
    """
    row = once(command, command_id, about, by, now)
    try:
        with transaction() as tx:
            tx.put(row, condition=CommandRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        _told_before(row, reads.get(CommandRow, row.pk, row.sk))


def carry_out(order_id: str, act: Act, row: _Once | None = None) -> Order:
    """
    Let `act` add what it does with the order to a transaction, and commit it with `row`.

    If the same `row` was written before, that was this command: the order is answered as it is.
    `act` may add nothing: then there was nothing to do.

    Raises:
        NotFound: There is no such order.
        IdReused: The command's id was used for something else.
        Contended: Somebody else turned the order at every attempt.
        Refused: What `act` refuses.
    """
    for _ in range(_TRIES):
        order, done = _look(order_id, row)
        if done:
            return order
        try:
            _commit(order, act, row)
        except Refused:
            if version_of(order_id) == order.version and not _is_kept(row):
                raise
            continue
        return current(order_id)
    raise MovedOn("others are changing this order")


def _look(order_id: str, row: _Once | None) -> tuple[Order, bool]:
    """The order, and whether the command of `row` was carried out on it before."""
    keys: list[reads.Key] = [(OrderRow, order_id, ORDER)]
    found = reads.batch(keys + ([(type(row), row.pk, row.sk)] if row else []))
    kept = found.get(OrderRow, order_id, ORDER)
    if kept is None or kept.state == "refused":  # A refusal is told to who was refused alone.
        raise NotFound
    told = row is not None and _told_before(row, found.get(type(row), row.pk, row.sk))
    return order_of(kept), told


def _commit(order: Order, act: Act, row: _Once | None) -> None:
    with transaction() as tx:
        if row is not None:
            tx.put(row, condition=type(row).pk.does_not_exist(), refusal=AlreadyDone())
        act(tx, order)


def _told_before(row: _Once, kept: _Once | None) -> bool:
    if kept is not None and kept.fingerprint != row.fingerprint:
        raise IdReused
    return kept is not None


def _is_kept(row: _Once | None) -> bool:
    return row is not None and reads.get(type(row), row.pk, row.sk) is not None


def current(order_id: str) -> Order:
    """
    The order as it is now.

    Raises:
        NotFound: There is none.
    """
    row = reads.get(OrderRow, order_id, ORDER)
    if row is None:
        raise NotFound
    return order_of(row)


def version_of(order_id: str) -> int:
    """How many turns the order has taken."""
    return current(order_id).version
