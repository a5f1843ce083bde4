"""Slots table: the slots of a community in the order of their ids, and the rules they come from."""

from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel import reads
from linli.kernel.tables import Row, Table
from linli.kernel.time import ZONE, parse_instant
from linli.slots.model import Slot
from linli.slots.pricing import PriceRule, PriceStep

BY_OPEN = "by_open"
OPEN = "open"
RULES = "RULES"
_LONGEST = timedelta(days=1)
_STEPS = TypeAdapter(tuple[PriceStep, ...])


class SlotRow(Row):
    """
    pk = <community_id>, sk = <slot_id>; `open_mark` feeds the sparse index of open slots, which
    holds keys and cut-offs only: an order that takes a place writes nothing to it.
    """

    table = Table.SLOTS
    starts_at = UnicodeAttribute()
    ends_at = UnicodeAttribute()
    cutoff_at = UnicodeAttribute()
    capacity_orders = NumberAttribute()
    taken_orders = NumberAttribute()
    reserved_orders = NumberAttribute(null=True)
    price_fen = NumberAttribute()
    steps = UnicodeAttribute(null=True)
    package = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    open_mark = UnicodeAttribute(null=True)


class DueRow(Row):
    """An item of the index `by_open`."""

    table = Table.SLOTS
    cutoff_at = UnicodeAttribute()
    open_mark = UnicodeAttribute()


class RulesRow(Row):
    """pk = RULES, sk = <community_id>; the city's template of the week."""

    table = Table.SLOTS
    body = UnicodeAttribute()
    etag = UnicodeAttribute()


def slot_key(slot_id: str) -> reads.Key:
    """The key with which a batch reads a slot."""
    return SlotRow, slot_id.split(".")[0], slot_id


def slot_in(found: reads.Found, slot_id: str) -> Slot | None:
    """The slot of a batch, if there is one."""
    row = found.get(*slot_key(slot_id))
    return None if row is None else slot_of(row)  # type: ignore[arg-type]


def slots_of(community_id: str, since: datetime | None = None) -> list[Slot]:
    """
    The slots of a community that end after `since` (None: all), the earliest first.

    A community's past stays in its partition: it is not read, for each channel's slots sort by
    their start, of which a slot lasts at most a day.
    """
    earliest = since or datetime(1970, 1, 2, tzinfo=UTC)
    first_start = f"{(earliest - _LONGEST).astimezone(ZONE):%Y%m%dT%H%M}"
    found: list[Slot] = []
    channel = f"{community_id}."
    while first := reads.query(SlotRow, community_id, SlotRow.sk > channel, most=1):
        prefix = ".".join(first[0].sk.split(".")[:2])
        wanted = SlotRow.sk.between(f"{prefix}.{first_start}", f"{prefix}.~")
        found += map(slot_of, reads.query(SlotRow, community_id, wanted))
        channel = f"{prefix}.~"
    return sorted(
        (s for s in found if s.ends_at > earliest), key=lambda s: (s.starts_at, s.slot_id)
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
        reserved_orders=int(row.reserved_orders or 0),
        rule=PriceRule(price_fen=int(row.price_fen), steps=_STEPS.validate_json(row.steps or "[]")),
        package=row.package,
        state="open" if row.state == "open" else "closed",
    )


def steps_text(steps: tuple[PriceStep, ...]) -> str | None:
    """A slot's steps as stored; none: nothing."""
    return _STEPS.dump_json(steps).decode() if steps else None
