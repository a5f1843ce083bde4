"""Boxes table: a box, its moves and sights; returns and scans by their ids; who returned what."""

from datetime import datetime
from zlib import crc32

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from linli.boxes.model import Box, Custodian
from linli.boxes.refusals import BoxMoved
from linli.boxes.rules import LOOK_FIRST
from linli.kernel.tables import Row, Table
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction

BOX, RETURN, SCAN, RETURNS = "BOX", "RETURN", "SCAN", "RETURNS"
MOVE, SIGHT, CLAIM = "MOVE#", "SIGHT#", "CLAIM#"
BY_DUE, BY_HOLDER = "by_due", "by_holder"
DUE_SHARDS = 4
"""The index of what is due is spread over so many partitions for each kind."""


class BoxRow(Row):
    """
    pk = BOX#<box_id>, sk = BOX.

    In the index `by_holder` while somebody has it or lost it, and in `by_due` while it is with
    them: `due_at` is when the sweeper looks at it next.
    """

    table = Table.BOXES
    custodian = UnicodeAttribute()
    custodian_id = UnicodeAttribute()
    cycle = NumberAttribute()
    version = NumberAttribute()
    registered_at_store = UnicodeAttribute()
    community_id = UnicodeAttribute(default="")
    holder_id = UnicodeAttribute(null=True)
    deposit_transfer_id = UnicodeAttribute(null=True)
    deposit_fen = NumberAttribute()
    converted_fen = NumberAttribute(default=0)
    clean = BooleanAttribute(default=True)
    washes = NumberAttribute(default=0)
    seen_at = UnicodeAttribute(default="")
    out_at = UnicodeAttribute(null=True)
    reminded_at = UnicodeAttribute(null=True)
    warned_at = UnicodeAttribute(null=True)
    due_mark = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class MoveRow(Row):
    """
    pk = BOX#<box_id>, sk = MOVE#<move_id>; never changed once written.

    `version` is the box's after the move: the order of the moves, without gaps. `at` is our
    clock, `seen_at` that of who saw it.
    """

    table = Table.BOXES
    version = NumberAttribute()
    cycle = NumberAttribute()
    came_from = UnicodeAttribute(null=True)
    came_from_id = UnicodeAttribute(null=True)
    went_to = UnicodeAttribute()
    went_to_id = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)
    at = UnicodeAttribute()
    seen_at = UnicodeAttribute(null=True)
    by = UnicodeAttribute(null=True)
    community_id = UnicodeAttribute(default="")
    days_out = NumberAttribute(null=True)
    washed = BooleanAttribute(null=True)


class SightRow(Row):
    """
    pk = BOX#<box_id>, sk = SIGHT#<scan_id>: a scan that moved nothing when it came, and why; one
    that is held stands in `by_due` until it fits or becomes somebody's case.
    """

    table = Table.BOXES
    fate = UnicodeAttribute()
    went_to = UnicodeAttribute()
    went_to_id = UnicodeAttribute()
    stood_with = UnicodeAttribute()
    at = UnicodeAttribute()
    seen_at = UnicodeAttribute()
    by = UnicodeAttribute()
    claim_id = UnicodeAttribute(null=True)
    returned_by = UnicodeAttribute(null=True)
    returning = BooleanAttribute(default=False)
    community_id = UnicodeAttribute(default="")
    due_mark = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class ClaimRow(Row):
    """
    pk = BOX#<box_id>, sk = CLAIM#<cycle, 6 digits>#<resident_id>: an announced return; the latest
    of a resident and cycle.
    """

    table = Table.BOXES
    return_id = UnicodeAttribute()
    resident_id = UnicodeAttribute()
    at = UnicodeAttribute()


class ReturnRow(Row):
    """
    pk = RETURN#<return_id>, sk = RETURN: what a return answered, for resends; whose it is.

    `outcome` is what came of an announced one (JSON), once the box is back.
    """

    table = Table.BOXES
    fingerprint = UnicodeAttribute()
    body = UnicodeAttribute()
    resident_id = UnicodeAttribute(null=True)
    outcome = UnicodeAttribute(null=True)


class ScanRow(Row):
    """pk = SCAN#<scan_id>, sk = SCAN: what a scan answered, for resends."""

    table = Table.BOXES
    fingerprint = UnicodeAttribute()
    body = UnicodeAttribute()


class ReturnerRow(Row):
    """
    pk = RESIDENT#<resident_id>, sk = RETURNS: how many rewarded returns in all, and how many of
    the local day `day` were rewarded and announced.
    """

    table = Table.BOXES
    version = NumberAttribute()
    total = NumberAttribute(default=0)
    day = UnicodeAttribute(default="")
    rewarded = NumberAttribute(default=0)
    announced = NumberAttribute(default=0)


class DueRow(Row):
    """An item of the index `by_due`, which holds keys alone."""

    table = Table.BOXES
    due_mark = UnicodeAttribute()
    due_at = UnicodeAttribute()


class HolderRow(Row):
    """An item of the index `by_holder`, which holds keys alone."""

    table = Table.BOXES
    holder_id = UnicodeAttribute()


def box_key(box_id: str) -> str:
    """The partition of a box and its moves."""
    return f"BOX#{box_id}"


def return_key(return_id: object) -> str:
    """The partition of a return."""
    return f"RETURN#{return_id}"


def scan_key(scan_id: str) -> str:
    """The partition of a scan."""
    return f"SCAN#{scan_id}"


def claim_key(cycle: int, resident_id: str = "") -> str:
    """The sort key of an announced return, or the beginning of all of a cycle."""
    return f"{CLAIM}{cycle:06d}#{resident_id}"


def person(resident_id: str) -> str:
    """The partition of what a resident has returned."""
    return f"RESIDENT#{resident_id}"


def due_mark(kind: str, key: str) -> str:
    """The partition of `by_due` for an item of a kind, by a digest of its key."""
    return f"{kind}#{crc32(key.encode()) % DUE_SHARDS}"


def box_of(row: BoxRow) -> Box:
    """The box that a row stores."""
    return Box(
        box_id=row.pk.partition("#")[2],
        custodian=Custodian(row.custodian),
        custodian_id=row.custodian_id,
        cycle=int(row.cycle),
        version=int(row.version),
        registered_at_store=row.registered_at_store,
        community_id=row.community_id,
        holder_id=row.holder_id,
        deposit_transfer_id=row.deposit_transfer_id,
        deposit_fen=int(row.deposit_fen),
        converted_fen=int(row.converted_fen),
        clean=bool(row.clean),
        washes=int(row.washes),
        seen_at=row.seen_at,
        out_at=row.out_at,
        reminded_at=row.reminded_at,
        warned_at=row.warned_at,
    )


def row_of(box: Box, due_at: datetime | None = None) -> BoxRow:
    """
    The row of a box; `due_at`: when the sweeper looks at it, else a day after it went out.
    """
    known = box.model_dump(exclude={"box_id"}, mode="json")
    row = BoxRow(box_key(box.box_id), BOX, **known)
    if box.custodian is Custodian.RESIDENT and box.out_at:
        row.due_mark = due_mark("out", box.box_id)
        row.due_at = rfc3339(due_at or parse_instant(box.out_at) + LOOK_FIRST)
    return row


def put_box(
    tx: Transaction, before: Box | None, after: Box, due_at: datetime | None = None
) -> None:
    """
    Write a box that has not moved, or is new (`before` None). It must still be as `before`, by
    its version and what it owes: the commit raises BoxMoved otherwise.
    """
    condition = BoxRow.pk.does_not_exist()
    if before is not None:
        condition = (BoxRow.version == before.version) & (BoxRow.deposit_fen == before.deposit_fen)
    tx.put(row_of(after, due_at), condition=condition, refusal=BoxMoved())


def put_move(
    tx: Transaction,
    before: Box | None,
    after: Box,
    *,
    move_id: str,
    now: datetime,
    at: datetime | None = None,
    by: str | None = None,
    order_id: str | None = None,
) -> None:
    """
    Write a box and the move that led to it; `before` None is its first.

    The box must still be at the version of `before`, and with it at its custodian and cycle: the
    commit raises BoxMoved otherwise.
    """
    put_box(tx, before, after)
    move_row(tx, before, after, move_id=move_id, now=now, at=at, by=by, order_id=order_id)


def move_row(
    tx: Transaction,
    before: Box | None,
    after: Box,
    *,
    move_id: str,
    now: datetime,
    at: datetime | None = None,
    by: str | None = None,
    order_id: str | None = None,
    washed: bool | None = None,
) -> None:
    """Write a move alone: a box that moves twice at once is written once."""
    move = MoveRow(
        box_key(after.box_id),
        f"{MOVE}{move_id}",
        version=after.version,
        cycle=after.cycle,
        came_from=before.custodian.value if before else None,
        came_from_id=before.custodian_id if before else None,
        went_to=after.custodian.value,
        went_to_id=after.custodian_id,
        order_id=order_id,
        at=rfc3339(now),
        seen_at=rfc3339(at or now),
        by=by,
        community_id=after.community_id,
        days_out=_days_out(before, after, now),
        washed=washed,
    )
    tx.put(move, condition=MoveRow.pk.does_not_exist(), refusal=BoxMoved())


def _days_out(before: Box | None, after: Box, now: datetime) -> int | None:
    """For how many whole days the box was out, if this move ends that."""
    if before is None or before.out_at is None or after.is_out:
        return None
    return max(0, (now - parse_instant(before.out_at)).days)
