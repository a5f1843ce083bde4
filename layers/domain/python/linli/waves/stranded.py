"""
Orders that no route of their wave brings: never frozen for ever.

Publishing puts each on the list of the community's dispatcher, with the reason. Those that only
lack room or time go by themselves into the next slot of their channel within a day; the others,
and those for which there is no such slot, wait for a person, who may choose a slot, give the order
up, or add it to routes under way (`order_added`).
"""

from datetime import datetime, timedelta

from linli import orders, slots
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.orders import Order
from linli.slots import Slot
from linli.waves.lists import ResolveStranded, StrandedView, UnservedView
from linli.waves.rows import (
    RELEASED,
    STRANDED,
    ReleasedRow,
    StrandedRow,
    stranded_key,
    wave_key,
)
from linli.waves.steps import write_all

PASSING = frozenset(
    {"no_room", "no_courier", "not_worth", "window_missed", "shift_too_short", "courier_stopped"}
)
"""Reasons that another wave may not have."""
NEXT_WITHIN = timedelta(days=1)
BY = "system:waves"


def strand(wave_id: str, unserved: list[UnservedView], now: datetime) -> None:
    """Put what a wave does not bring on the dispatcher's list; again changes nothing."""

    def add(tx: Transaction, each: UnservedView) -> None:
        row = StrandedRow(
            STRANDED,
            stranded_key(wave_id.split(".")[0], each.order_id),
            wave_id=wave_id,
            reason=each.reason,
            since=rfc3339(now),
        )
        tx.put(row, condition=StrandedRow.pk.does_not_exist(), refusal=AlreadyDone())

    write_all(unserved, 1, add)


def see_to_stranded(now: datetime) -> list[str]:
    """
    Move what may go with another wave into its slot, and take off the list what has moved on.

    Returns:
        The orders that were moved.

    Raises:
        ExceptionGroup: What went wrong with some, after the others were seen to.
    """
    moved: list[str] = []
    faults: list[Exception] = []
    for row in reads.query(StrandedRow, STRANDED):
        try:
            if _see_to(row, now):
                moved.append(order_id_of(row))
        except Exception as fault:  # One order's trouble must not keep the others waiting.
            faults.append(fault)
    if faults:
        raise ExceptionGroup("some stranded orders could not be seen to", faults)
    return moved


def _see_to(row: StrandedRow, now: datetime) -> bool:
    order = orders.read(order_id_of(row))
    if not _waits(order, row):
        _take_off(row)
        return False
    if row.reason not in PASSING or order.emergency:
        return False
    slot = _next_slot(order, now)
    if slot is None:
        return False
    try:
        _postpone(row, slot.slot_id, BY, now)
    except Conflict:  # It was brought or given up at this moment.
        return False
    except slots.SlotFull:  # Somebody took the last place: there may be another slot next time.
        return False
    return True


def _waits(order: Order, row: StrandedRow) -> bool:
    return order.state == "frozen" and order.route_id is None and order.wave_id == row.wave_id


def _take_off(row: StrandedRow) -> None:
    with transaction() as tx:
        tx.delete(StrandedRow(row.pk, row.sk))


def _next_slot(order: Order, now: datetime) -> Slot | None:
    """The next open slot of the order's channel with a place, within a day."""
    for slot in slots.slots_of(order.community_id, now):
        fits = slot.channel == order.channel and slot.slot_id != order.slot_id
        if not fits or slot.starts_at > now + NEXT_WITHIN:
            continue
        try:
            slot.check_open(now)
        except Refused:
            continue
        return slot
    return None


def _postpone(row: StrandedRow, slot_id: str, by: str, now: datetime) -> Order:
    return orders.postpone(
        order_id_of(row),
        slot_id,
        lambda tx: _release(tx, row, now),
        by=by,
        reason=f"{row.wave_id}: {row.reason}",
        now=now,
    )


def _release(tx: Transaction, row: StrandedRow, now: datetime) -> None:
    """The wave has the order no more; in the order's own transaction."""
    order_id = order_id_of(row)
    tx.put(ReleasedRow(wave_key(row.wave_id), f"{RELEASED}{order_id}", at=rfc3339(now)))
    tx.delete(StrandedRow(row.pk, row.sk))


def order_id_of(row: StrandedRow) -> str:
    """The order of a row."""
    return str(row.sk).split("#", 1)[1]


def stranded(caller: Caller, community_id: str) -> list[StrandedView]:
    """
    The orders of a community that no route brings, and why.

    Raises:
        NotFound: It is not the caller's.
    """
    caller.require(community_id, Role.DISPATCHER)
    mine = StrandedRow.sk.startswith(f"{community_id}#")
    return [_view(row) for row in reads.query(StrandedRow, STRANDED, mine)]


def resolve(order_id: str, command: ResolveStranded, caller: Caller, now: datetime) -> StrandedView:
    """
    Move a stranded order to another slot, or give it up; the same again changes nothing.

    Raises:
        NotFound: There is none on the caller's list, and there was none.
        OnARoute, OutOfOrder: It moves on already.
        SlotFull: The slot is full or closed.
        IdReused: The id was used for something else.
    """
    order = orders.read(order_id)
    caller.require(order.community_id, Role.DISPATCHER)
    orders.note_command(command, command.id, order_id, caller.subject, now)
    key = stranded_key(order.community_id, order_id)
    row = reads.get(StrandedRow, STRANDED, key)
    if row is None:
        if order.slot_id == command.slot_id or order.state == "cancelled":
            return StrandedView(order_id=order_id, wave_id="", reason="", since="", resolved=True)
        raise NotFound
    if command.slot_id is not None:
        _check_slot(order, command.slot_id)
        _postpone(row, command.slot_id, caller.subject, now)
    else:
        reason = command.reason or row.reason
        orders.withdraw(
            order_id,
            lambda tx: _release(tx, row, now),
            by=caller.subject,
            reason=reason,
            now=now,
        )
    return _view(row).model_copy(update={"resolved": True})


def _check_slot(order: Order, slot_id: str) -> None:
    community_id, channel, _ = slot_id.split(".")
    if (community_id, channel) != (order.community_id, order.channel):
        raise NotFound


def _view(row: StrandedRow) -> StrandedView:
    return StrandedView(
        order_id=order_id_of(row), wave_id=row.wave_id, reason=row.reason, since=row.since
    )
