"""Washing and inspecting: a box that came back goes out again clean, or never again."""

from datetime import datetime
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from linli import catalogue
from linli.boxes.bring import programme_of
from linli.boxes.model import Box, Custodian, Place
from linli.boxes.refusals import BoxElsewhere, BoxMoved, RetiredBox
from linli.boxes.rows import (
    BOX,
    SCAN,
    BoxRow,
    ScanRow,
    box_key,
    box_of,
    move_row,
    put_box,
    scan_key,
)
from linli.catalogue.packaging import Packaging
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import BoxId, CommandId, StoreId, fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction

_ATTEMPTS = 5


class InspectBox(BaseModel):
    """A store has washed a box and looked at it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    box_id: BoxId
    store_id: StoreId
    result: Literal["clean", "broken"]


class Inspected(BaseModel):
    """What became of an inspected box; `worn`: clean, but it has made its cycles."""

    model_config = ConfigDict(frozen=True)

    id: CommandId
    box_id: str
    outcome: Literal["clean", "broken", "worn"]
    cycle: int = Field(description="How often it has gone out")
    washes: int


def inspect(command: InspectBox, *, caller: Caller, now: datetime) -> Inspected:
    """
    Wash and inspect a box in a store, or one that comes from washing: it may go out again, or is
    retired, broken or worn out. Sending it again answers the same.

    Raises:
        NotFound: There is no such box, or the store is not the caller's.
        RetiredBox: It is out of use.
        BoxElsewhere: It is neither in that store nor at a washing place.
        IdReused: The id was used for something else.
        Contended: The box kept moving; nothing was written.
    """
    caller.require(command.store_id, Role.STORE)
    store = catalogue.store(command.store_id)
    programme = programme_of(store.community_id if store else "")
    digest = fingerprint(command, by=caller.subject)
    for _ in range(_ATTEMPTS):
        found = reads.batch(
            [(BoxRow, box_key(command.box_id), BOX), (ScanRow, scan_key(str(command.id)), SCAN)]
        )
        if done := found.get(ScanRow, scan_key(str(command.id)), SCAN):
            if done.fingerprint != digest:
                raise IdReused
            return Inspected.model_validate_json(done.body)
        row = found.get(BoxRow, box_key(command.box_id), BOX)
        if row is None:
            raise NotFound
        try:
            return _write(command, box_of(row), programme, digest, caller.subject, now)
        except (AlreadyDone, BoxMoved):
            continue
    raise Contended("the box keeps moving")


def _write(
    command: InspectBox, box: Box, programme: Packaging, digest: str, by: str, now: datetime
) -> Inspected:
    if box.custodian is Custodian.RETIRED:
        raise RetiredBox
    here = box.place == Place(Custodian.STORE, command.store_id)
    if not here and box.custodian is not Custodian.WASHING:
        raise BoxElsewhere
    worn = box.cycle >= programme.most_loops and command.result == "clean"
    told = Inspected(
        id=command.id,
        box_id=box.box_id,
        outcome="worn" if worn else command.result,
        cycle=box.cycle,
        washes=box.washes + (command.result == "clean"),
    )
    body = told.model_dump_json()
    with transaction() as tx:
        done = ScanRow(scan_key(str(command.id)), SCAN, fingerprint=digest, body=body)
        tx.put(done, condition=ScanRow.pk.does_not_exist(), refusal=AlreadyDone())
        _move(tx, box, told, command.store_id, by, now)
    return told


def _move(
    tx: Transaction, box: Box, told: Inspected, store_id: str, by: str, now: datetime
) -> None:
    """The box's one or two moves: into washing, if it was not there, and out of it."""
    steps = [box]
    if box.custodian is Custodian.STORE and told.outcome != "broken":
        steps.append(_to(box, Place(Custodian.WASHING, store_id), now))
    home = told.outcome == "clean"
    end = Place(Custodian.STORE, store_id) if home else Place(Custodian.RETIRED, told.outcome)
    last = _to(steps[-1], end, now).model_copy(update={"clean": home, "washes": told.washes})
    steps.append(last)
    put_box(tx, box, last)
    for n, (before, after) in enumerate(pairwise(steps)):
        washed = True if after is last and told.outcome != "broken" else None
        move_id = f"{told.id}/{n}"
        move_row(tx, before, after, move_id=move_id, now=now, by=by, washed=washed)


def _to(box: Box, place: Place, now: datetime) -> Box:
    return box.model_copy(
        update={
            "custodian": place.kind,
            "custodian_id": place.id,
            "version": box.version + 1,
            "seen_at": max(box.seen_at, rfc3339(now)),
        }
    )
