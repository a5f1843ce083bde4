"""Boxes table: a box, its moves, and the returns by their ids."""

from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.boxes.model import Box, BoxMoved, Custodian
from linli.kernel.tables import Row, Table
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction

BOX, RETURN = "BOX", "RETURN"


class BoxRow(Row):
    """pk = BOX#<box_id>, sk = BOX"""

    table = Table.BOXES
    custodian = UnicodeAttribute()
    custodian_id = UnicodeAttribute()
    cycle = NumberAttribute()
    version = NumberAttribute()
    registered_at_store = UnicodeAttribute()
    holder_id = UnicodeAttribute(null=True)
    deposit_transfer_id = UnicodeAttribute(null=True)
    deposit_fen = NumberAttribute()


class MoveRow(Row):
    """
    pk = BOX#<box_id>, sk = MOVE#<move_id>; never changed once written.

    `version` is the box's after the move: the order of the moves, without gaps.
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
    by = UnicodeAttribute(null=True)


class ReturnRow(Row):
    """pk = RETURN#<return_id>, sk = RETURN: what a return answered, for resends."""

    table = Table.BOXES
    fingerprint = UnicodeAttribute()
    body = UnicodeAttribute()


class BoxItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.BOXES
    custodian = UnicodeAttribute(null=True)
    custodian_id = UnicodeAttribute(null=True)
    cycle = NumberAttribute(null=True)
    version = NumberAttribute(null=True)
    holder_id = UnicodeAttribute(null=True)
    deposit_fen = NumberAttribute(null=True)
    came_from = UnicodeAttribute(null=True)
    came_from_id = UnicodeAttribute(null=True)
    went_to = UnicodeAttribute(null=True)
    went_to_id = UnicodeAttribute(null=True)


def box_key(box_id: str) -> str:
    """The partition of a box and its moves."""
    return f"BOX#{box_id}"


def return_key(return_id: object) -> str:
    """The partition of a return."""
    return f"RETURN#{return_id}"


def box_of(row: BoxRow) -> Box:
    """The box that a row stores."""
    return Box(
        box_id=row.pk.partition("#")[2],
        custodian=Custodian(row.custodian),
        custodian_id=row.custodian_id,
        cycle=int(row.cycle),
        version=int(row.version),
        registered_at_store=row.registered_at_store,
        holder_id=row.holder_id,
        deposit_transfer_id=row.deposit_transfer_id,
        deposit_fen=int(row.deposit_fen),
    )


def put_move(
    tx: Transaction,
    before: Box | None,
    after: Box,
    *,
    move_id: str,
    now: datetime,
    by: str | None = None,
    order_id: str | None = None,
) -> None:
    """
    Write a box and the move that led to it; `before` None is its first.

    The box must still be at the version of `before`, and with it at its custodian and cycle: the
    commit raises BoxMoved otherwise.
    """
    row = BoxRow(box_key(after.box_id), BOX, **after.model_dump(exclude={"box_id"}, mode="json"))
    absent = BoxRow.pk.does_not_exist()
    condition = absent if before is None else BoxRow.version == before.version
    tx.put(row, condition=condition, refusal=BoxMoved())
    move = MoveRow(
        box_key(after.box_id),
        f"MOVE#{move_id}",
        version=after.version,
        cycle=after.cycle,
        came_from=before.custodian.value if before else None,
        came_from_id=before.custodian_id if before else None,
        went_to=after.custodian.value,
        went_to_id=after.custodian_id,
        order_id=order_id,
        at=rfc3339(now),
        by=by,
    )
    tx.put(move, condition=MoveRow.pk.does_not_exist(), refusal=BoxMoved())
