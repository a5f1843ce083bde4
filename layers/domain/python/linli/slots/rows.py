"""Slots table: the slots of a community in the order of their ids."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel import reads
from linli.kernel.tables import Row, Table
from linli.kernel.time import parse_instant
from linli.slots.model import Slot

BY_OPEN = "by_open"
OPEN = "open"


class SlotRow(Row):
    """pk = <community_id>, sk = <slot_id>; `open_mark` feeds the sparse index of open slots."""

    table = Table.SLOTS
    starts_at = UnicodeAttribute()
    ends_at = UnicodeAttribute()
    cutoff_at = UnicodeAttribute()
    capacity_orders = NumberAttribute()
    taken_orders = NumberAttribute()
    price_fen = NumberAttribute()
    state = UnicodeAttribute()
    open_mark = UnicodeAttribute(null=True)


def slot_key(slot_id: str) -> reads.Key:
    """The key with which a batch reads a slot."""
    return SlotRow, slot_id.split(".")[0], slot_id


def slot_in(found: reads.Found, slot_id: str) -> Slot | None:
    """The slot of a batch, if there is one."""
    row = found.get(*slot_key(slot_id))
    return None if row is None else slot_of(row)  # type: ignore[arg-type]


def slots_of(community_id: str) -> list[Slot]:
    """The slots of a community, the earliest first."""
    return sorted(
        (slot_of(row) for row in reads.query(SlotRow, community_id)), key=lambda s: s.starts_at
    )


def slot_of(row: SlotRow) -> Slot:
    """The slot that a row stores."""
    return Slot(
        slot_id=row.sk,
        community_id=row.pk,
        channel=row.sk.split(".")[1],
        starts_at=parse_instant(row.starts_at),
        ends_at=parse_instant(row.ends_at),
        cutoff_at=parse_instant(row.cutoff_at),
        capacity_orders=int(row.capacity_orders),
        taken_orders=int(row.taken_orders),
        price_fen=int(row.price_fen),
        state="open" if row.state == "open" else "closed",
    )
