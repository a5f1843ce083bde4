"""Offering, taking, reserving, giving back and closing places of slots."""

from datetime import datetime

from linli.kernel import editing, reads
from linli.kernel.errors import AlreadyDone, Conflict, Contended, Refused
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.slots.model import (
    CapacityBelowTaken,
    PutSlot,
    Slot,
    SlotClosed,
    SlotIdMismatch,
    SlotInThePast,
    SlotStillOpen,
    UnknownSlot,
    slot_id_of,
)
from linli.slots.rows import BY_OPEN, OPEN, DueRow, SlotRow, slot_of, steps_text

_ATTEMPTS = 5


def _row(slot_id: str) -> SlotRow:
    return SlotRow(slot_id.split(".")[0], slot_id)


def read(slot_id: str) -> Slot:
    """
    The slot as it is now.

    Raises:
        UnknownSlot: There is none.
    """
    row = reads.get(SlotRow, slot_id.split(".")[0], slot_id)
    if row is None:
        raise UnknownSlot
    return slot_of(row)


def etag(slot: Slot) -> str:
    """The validator of a slot's terms; orders that come and go do not change it."""
    return editing.etag(slot.terms)


def put_slot(slot_id: str, command: PutSlot, *, now: datetime, if_match: str | None = None) -> Slot:
    """
    Offer a slot, or change how many places an open one has; sending the same again changes
    nothing. More places can be offered at any time, fewer only if they are not taken.

    Raises:
        SlotInThePast, SlotIdMismatch: Nothing to offer.
        Conflict: It exists with other terms than its capacity; people have ordered on those.
        SlotClosed, CapacityBelowTaken: Its capacity cannot become this.
        Unconditional, Stale: See `kernel.editing`.
    """
    community_id, channel, _ = slot_id.split(".")
    if slot_id_of(community_id, channel, command.starts_at) != slot_id:
        raise SlotIdMismatch
    before = reads.get(SlotRow, community_id, slot_id)
    if before is None:
        if command.cutoff_at <= now:
            raise SlotInThePast
        try:
            offer(slot_id, command)
        except AlreadyDone:
            return _change(read(slot_id), command, if_match)
        return read(slot_id)
    return _change(slot_of(before), command, if_match)


def offer(slot_id: str, command: PutSlot) -> None:
    """
    Write a new slot.

    Raises:
        AlreadyDone: It exists, on whatever terms.
    """
    row = SlotRow(
        slot_id.split(".")[0],
        slot_id,
        starts_at=rfc3339(command.starts_at),
        ends_at=rfc3339(command.ends_at),
        cutoff_at=rfc3339(command.cutoff_at),
        capacity_orders=command.capacity_orders,
        taken_orders=0,
        price_fen=command.price_fen,
        steps=steps_text(command.steps),
        package=command.package,
        state="open",
        open_mark=OPEN,
    )
    with transaction() as tx:
        tx.put(row, condition=SlotRow.pk.does_not_exist(), refusal=AlreadyDone())


def _change(slot: Slot, command: PutSlot, if_match: str | None) -> Slot:
    """Change an existing slot's capacity; planned anew when orders or presales came between."""
    seen, wanted = slot.terms, _normal(command)
    if seen == wanted:
        return slot
    if seen.model_copy(update={"capacity_orders": wanted.capacity_orders}) != wanted:
        raise Conflict("the slot is offered on other terms; only its capacity may change")
    editing.check(editing.etag(seen), editing.etag(wanted), if_match)
    for _ in range(_ATTEMPTS):
        if slot.state != "open":
            raise SlotClosed
        free = wanted.capacity_orders - slot.reserved_orders
        if free < slot.taken_orders:
            raise CapacityBelowTaken(taken_orders=slot.promised_orders)
        try:
            _write_capacity(slot, free)
            return read(slot.slot_id)
        except Conflict:
            slot = read(slot.slot_id)
        if slot.terms not in (seen, wanted):
            raise editing.Stale
    raise Contended("the slot's places are in demand")


def _normal(command: PutSlot) -> PutSlot:
    """`command` as it would be read back: in UTC, to the millisecond."""
    times = ("starts_at", "ends_at", "cutoff_at")
    at = {name: rfc3339(getattr(command, name)) for name in times}
    return PutSlot.model_validate(command.model_dump() | at)


def _write_capacity(slot: Slot, free: int) -> None:
    reserved = SlotRow.reserved_orders
    same = (
        reserved == slot.reserved_orders
        if slot.reserved_orders
        else (reserved.does_not_exist() | (reserved == 0))
    )
    with transaction() as tx:
        tx.update(
            _row(slot.slot_id),
            [SlotRow.capacity_orders.set(free)],
            condition=(SlotRow.state == "open")
            & (SlotRow.capacity_orders == slot.capacity_orders)
            & (SlotRow.taken_orders <= free)
            & same,
            refusal=Conflict(),
        )


def take(tx: Transaction, slot_id: str, refusal: Refused) -> None:
    """Take one place, in the order's own transaction (I6); `refusal` when closed or full."""
    tx.update(
        _row(slot_id),
        [SlotRow.taken_orders.add(1)],
        condition=(SlotRow.state == "open") & (SlotRow.taken_orders < SlotRow.capacity_orders),
        refusal=refusal,
    )


def give_back(tx: Transaction, slot_id: str) -> None:
    """Give one place back, in the transaction that ends its order."""
    tx.update(_row(slot_id), [SlotRow.taken_orders.add(-1)], condition=SlotRow.taken_orders > 0)


def reserve(tx: Transaction, slot_id: str, refusal: Refused) -> None:
    """
    Keep one place for a presale order, in its transaction; `refusal` when closed or full.

    Conditions have no arithmetic: a reserved place is moved out of what orders may take.
    """
    tx.update(
        _row(slot_id),
        [SlotRow.capacity_orders.add(-1), SlotRow.reserved_orders.add(1)],
        condition=(SlotRow.state == "open") & (SlotRow.taken_orders < SlotRow.capacity_orders),
        refusal=refusal,
    )


def unreserve(tx: Transaction, slot_id: str) -> None:
    """Give a reserved place back to the orders, in the transaction that ends the presale order."""
    tx.update(
        _row(slot_id),
        [SlotRow.capacity_orders.add(1), SlotRow.reserved_orders.add(-1)],
        condition=SlotRow.reserved_orders > 0,
    )


def take_reserved(tx: Transaction, slot_id: str, refusal: Refused) -> None:
    """Turn a reserved place into a taken one, in the transaction that makes the real order."""
    tx.update(
        _row(slot_id),
        [
            SlotRow.capacity_orders.add(1),
            SlotRow.reserved_orders.add(-1),
            SlotRow.taken_orders.add(1),
        ],
        condition=(SlotRow.state == "open") & (SlotRow.reserved_orders > 0),
        refusal=refusal,
    )


def close(slot_id: str, now: datetime) -> Slot:
    """
    Close a slot whose cut-off has passed. After that its number of taken places is the number
    of orders that a wave must find. Closing it again changes nothing.

    Raises:
        UnknownSlot: There is none.
        SlotStillOpen: Its cut-off is still to come.
    """
    slot = read(slot_id)
    if slot.state == "closed":
        return slot
    if now < slot.cutoff_at:
        raise SlotStillOpen
    with transaction() as tx:
        tx.update(
            _row(slot_id),
            [SlotRow.state.set("closed"), SlotRow.open_mark.remove()],
            condition=SlotRow.pk.exists(),
        )
    return read(slot_id)


def due(now: datetime) -> list[str]:
    """
    The ids of the open slots whose cut-off has passed, the earliest first; the index may be
    late, and so may show one that is closed by now.
    """
    rows = reads.index(DueRow, BY_OPEN, "open_mark", OPEN)
    passed = [(row.cutoff_at, row.sk) for row in rows if row.cutoff_at <= rfc3339(now)]
    return [slot_id for _, slot_id in sorted(passed)]
