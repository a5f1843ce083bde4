"""Looking at boxes: the way that one has come, and those that a resident has."""

import json
from datetime import timedelta

from pydantic import BaseModel, Field

from linli.boxes.bring import programme_of
from linli.boxes.model import Box, Custodian, Returned
from linli.boxes.register import find
from linli.boxes.rows import (
    BOX,
    BY_HOLDER,
    MOVE,
    RETURN,
    SIGHT,
    BoxRow,
    HolderRow,
    MoveRow,
    ReturnRow,
    SightRow,
    box_key,
    box_of,
    return_key,
)
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.time import parse_instant, rfc3339

_PRIVATE = frozenset({Custodian.RESIDENT, Custodian.ORDER})


class BoxStep(BaseModel):
    """
    Something that happened to a box. `fate`: `moved`, or what became of a sight that moved
    nothing: `same`, `late`, `held`, later `applied` or `agreed`, or `conflict`.
    """

    fate: str
    version: int | None = Field(default=None, description="Of a move: their order, without gaps")
    cycle: int | None = None
    came_from: Custodian | None = None
    went_to: Custodian
    place_id: str | None = Field(default=None, description="Left out where it names a person")
    seen_at: str = Field(description="By the clock of who saw it")
    told_at: str = Field(description="By our clock")


class BoxHistory(BaseModel):
    """A box's whole way, by when it was seen."""

    box_id: str
    custodian: Custodian
    cycle: int
    washes: int
    clean: bool
    steps: list[BoxStep]
    conflicts: int = Field(description="Sights that nobody has explained")


class MyBox(BaseModel):
    """A box that a resident has, or has not brought back in time."""

    box_id: str
    out_at: str | None
    deposit_fen: int = Field(description="What its return refunds, in fen")
    converted_fen: int = Field(description="Converted, and refunded when the box comes back")
    remind_at: str | None
    convert_at: str | None
    reminded_at: str | None


class MyBoxes(BaseModel):
    """The boxes of a resident; one that went out a moment ago may not be shown yet."""

    boxes: list[MyBox]


def history(box_id: str, *, caller: Caller) -> BoxHistory:
    """
    The way that a box has come, for stores, and for who runs its community.

    Raises:
        NotFound: There is none of the caller's.
    """
    box = find(box_id)
    if box is None:
        raise NotFound
    if Role.STORE not in caller.roles:
        caller.require(box.community_id, Role.DISPATCHER, Role.CITY)
    pk = box_key(box_id)
    moves = reads.query(MoveRow, pk, MoveRow.sk.startswith(MOVE))
    sights = reads.query(SightRow, pk, SightRow.sk.startswith(SIGHT))
    steps = [*map(_of_move, moves), *map(_of_sight, sights)]
    steps.sort(key=lambda step: (step.seen_at, step.version or 0))
    return BoxHistory(
        box_id=box_id,
        custodian=box.custodian,
        cycle=box.cycle,
        washes=box.washes,
        clean=box.clean,
        steps=steps,
        conflicts=sum(sight.fate in ("held", "conflict") for sight in sights),
    )


def _of_move(row: MoveRow) -> BoxStep:
    return BoxStep(
        fate="moved",
        version=int(row.version),
        cycle=int(row.cycle),
        came_from=Custodian(row.came_from) if row.came_from else None,
        went_to=Custodian(row.went_to),
        place_id=_place(row.went_to, row.went_to_id),
        seen_at=row.seen_at or row.at,
        told_at=row.at,
    )


def _of_sight(row: SightRow) -> BoxStep:
    return BoxStep(
        fate=row.fate,
        came_from=Custodian(row.stood_with),
        went_to=Custodian(row.went_to),
        place_id=_place(row.went_to, row.went_to_id),
        seen_at=row.seen_at,
        told_at=row.at,
    )


def _place(kind: str, place_id: str) -> str | None:
    return None if Custodian(kind) in _PRIVATE else place_id


def my_boxes(resident_id: str) -> MyBoxes:
    """The boxes that a resident has or owes, the longest out first."""
    ids = [row.pk for row in reads.index(HolderRow, BY_HOLDER, "holder_id", resident_id)]
    found = reads.batch((BoxRow, pk, BOX) for pk in ids)
    rows = [found.get(BoxRow, pk, BOX) for pk in ids]
    boxes = [box_of(row) for row in rows if row is not None and row.holder_id == resident_id]
    mine = sorted(map(_mine, boxes), key=lambda box: (box.out_at or "", box.box_id))
    return MyBoxes(boxes=mine)


def _mine(box: Box) -> MyBox:
    out_at = parse_instant(box.out_at) if box.out_at else None
    programme = programme_of(box.community_id)
    days = programme.remind_days, programme.convert_days
    remind, convert = (rfc3339(out_at + timedelta(days=n)) if out_at else None for n in days)
    return MyBox(
        box_id=box.box_id,
        out_at=box.out_at,
        deposit_fen=box.deposit_fen,
        converted_fen=box.converted_fen,
        remind_at=remind,
        convert_at=convert,
        reminded_at=box.reminded_at,
    )


def read_return(return_id: str, *, caller: Caller) -> Returned:
    """
    An announced return as it stands: `returned` once the box is back, by whatever hands, if it
    counted for who announced it.

    Raises:
        NotFound: There is none of the caller's.
    """
    row = reads.get(ReturnRow, return_key(return_id), RETURN)
    if row is None or row.resident_id != caller.subject:
        raise NotFound
    told = Returned.model_validate_json(row.body)
    return told.model_copy(update=json.loads(row.outcome)) if row.outcome else told
