"""Offering, taking, giving back and closing slots."""

from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import Conflict, Refused
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.slots.model import PutSlot, Slot, SlotStillOpen, UnknownSlot
from linli.slots.rows import BY_OPEN, OPEN, SlotRow, slot_of


def _row(slot_id: str) -> SlotRow:
    return SlotRow(slot_id.split(".")[0], slot_id)


def _read(slot_id: str) -> Slot:
    row = reads.get(SlotRow, slot_id.split(".")[0], slot_id)
    if row is None:
        raise UnknownSlot
    return slot_of(row)


def put_slot(slot_id: str, command: PutSlot) -> Slot:
    """
    Offer a slot; sending the same again changes nothing.

    Raises:
        Conflict: It exists with other terms; people have ordered on those.
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
        state="open",
        open_mark=OPEN,
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=SlotRow.pk.does_not_exist(), refusal=Conflict())
    except Conflict:
        slot = _read(slot_id)
        terms = (slot.starts_at, slot.ends_at, slot.cutoff_at, slot.capacity_orders, slot.price_fen)
        wanted = slot_of(row)
        if terms != (
            wanted.starts_at,
            wanted.ends_at,
            wanted.cutoff_at,
            wanted.capacity_orders,
            wanted.price_fen,
        ):
            raise Conflict("the slot is offered on other terms") from None
        return slot
    return slot_of(row)


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


def close(slot_id: str, now: datetime) -> Slot:
    """
    Close a slot whose cut-off has passed. After that its number of taken places is the number
    of orders that a wave must find. Closing it again changes nothing.

    Raises:
        UnknownSlot: There is none.
        SlotStillOpen: Its cut-off is still to come.
    """
    slot = _read(slot_id)
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
    return _read(slot_id)


def due(now: datetime) -> list[Slot]:
    """The open slots whose cut-off has passed, the earliest first; the index may be late."""
    rows = reads.index(SlotRow, BY_OPEN, "open_mark", OPEN)
    slots = [slot for slot in map(slot_of, rows) if slot.cutoff_at <= now]
    return sorted(slots, key=lambda slot: (slot.cutoff_at, slot.slot_id))
