"""
Empties (空箱) fetched at the door: a pick-up that becomes a stop of a wave's route.

A request is asked for, attached to its slot's wave, and taken or failed by the courier's report
(`take_empties`). What no wave has taken moves on or expires (`empties_late`).
"""

import json
from datetime import datetime

from linli import slots
from linli.boxes.empties_model import (
    EmptiesRequest,
    EmptiesView,
    RequestEmpties,
    State,
    Taken,
)
from linli.boxes.empties_rows import (
    EMPTIES,
    EmptiesOfSlotRow,
    EmptiesRow,
    empties_key,
    empties_of,
)
from linli.boxes.refusals import EmptiesGone, EmptiesOnTheWay
from linli.boxes.rows import due_mark
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, IdReused, Invalid, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.slots import SlotClosed


def request_empties(command: RequestEmpties, *, caller: Caller, now: datetime) -> EmptiesView:
    """
    Ask for boxes to be fetched; sending it again answers how the request stands.

    Raises:
        NotFound: The community is not the caller's.
        Invalid: The slot is another community's, or not a courier's.
        UnknownSlot, SlotClosed: There is no such slot, or its cut-off has passed.
        IdReused: The id was used for another request.
    """
    caller.require(command.community_id, Role.RESIDENT)
    if not command.slot_id.startswith(f"{command.community_id}.courier."):
        raise Invalid("a courier's slot of the community")
    digest = fingerprint(command, by=caller.subject)
    if known := reads.get(EmptiesRow, empties_key(command.id), EMPTIES):
        return _same(known, digest)
    slot = slots.read(command.slot_id)
    if slot.state != "open" or now >= slot.cutoff_at:
        raise SlotClosed
    row = EmptiesRow(
        empties_key(command.id),
        EMPTIES,
        state="asked",
        resident_id=caller.subject,
        community_id=command.community_id,
        slot_id=command.slot_id,
        fingerprint=digest,
        body=command.model_dump_json(),
        due_mark=due_mark("empties", str(command.id)),
        due_at=rfc3339(slot.ends_at),
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=EmptiesRow.pk.does_not_exist(), refusal=AlreadyDone())
            tx.put(EmptiesOfSlotRow(empties_of(command.slot_id), str(command.id)))
    except AlreadyDone:
        return _same(row_of_request(str(command.id)), digest)
    return _view(row)


def read_empties(request_id: str, *, caller: Caller) -> EmptiesView:
    """
    A request as it stands.

    Raises:
        NotFound: There is none of the caller's.
    """
    row = row_of_request(request_id)
    if row.resident_id != caller.subject:
        raise NotFound
    return _view(row)


def cancel_empties(request_id: str, *, caller: Caller) -> EmptiesView:
    """
    Withdraw a request that is on no route yet; doing it again changes nothing.

    Raises:
        NotFound: There is none of the caller's.
        EmptiesOnTheWay: A wave has it.
        EmptiesGone: It has ended.
    """
    row = row_of_request(request_id)
    if row.resident_id != caller.subject:
        raise NotFound
    if row.state == "cancelled":
        return _view(row)
    with transaction() as tx:
        turn(tx, row, "asked", "cancelled")
    return _view(row_of_request(request_id))


def empties_for(community_id: str, slot_id: str) -> tuple[EmptiesRequest, ...]:
    """The requests of a slot that a wave may take along, by their ids; read consistently."""
    ids = [row.sk for row in reads.query(EmptiesOfSlotRow, empties_of(slot_id))]
    found = reads.batch((EmptiesRow, empties_key(each), EMPTIES) for each in ids)
    rows = [found.get(EmptiesRow, empties_key(each), EMPTIES) for each in sorted(ids)]
    return tuple(
        _request(row)
        for row in rows
        if row is not None
        and (row.community_id, row.slot_id) == (community_id, slot_id)
        and row.state in ("asked", "attached")
    )


def attach_empties(tx: Transaction, request_id: str, wave_id: str) -> None:
    """
    Give a request to the wave of its slot, in the wave's own transaction; again for the same wave
    is well.

    Raises, here or when `tx` commits:
        NotFound: There is no such request.
        EmptiesGone: It was cancelled, has ended, or waits for another slot by now.
    """
    row = row_of_request(request_id)
    asked = (EmptiesRow.state == "asked") & (EmptiesRow.slot_id == wave_id)
    same = (EmptiesRow.state == "attached") & (EmptiesRow.wave_id == wave_id)
    tx.update(
        EmptiesRow(row.pk, row.sk),
        [EmptiesRow.state.set("attached"), EmptiesRow.wave_id.set(wave_id)],
        condition=asked | same,
        refusal=EmptiesGone(state=row.state),
    )


def release_empties(tx: Transaction, request_id: str) -> None:
    """
    Take a request back from a wave that cannot fetch it: it may be attached again, or cancelled.

    Raises, here or when `tx` commits:
        NotFound, EmptiesGone
    """
    row = row_of_request(request_id)
    tx.update(
        EmptiesRow(row.pk, row.sk),
        [EmptiesRow.state.set("asked"), EmptiesRow.wave_id.remove()],
        condition=EmptiesRow.state == "attached",
        refusal=EmptiesGone(state=row.state),
    )


def turn(
    tx: Transaction, row: EmptiesRow, before: str, after: State, taken: Taken | None = None
) -> None:
    """Add to `tx` that a request passes from one state to another, or refuse."""
    changes = [
        EmptiesRow.state.set(after),
        EmptiesRow.due_mark.remove(),
        EmptiesRow.due_at.remove(),
    ]
    if taken is not None:
        outcome = {
            "taken_boxes": sorted(taken.boxes),
            "refund_fen": taken.refund_fen,
            "reward_points": taken.reward_points,
            "coupons": taken.coupons,
        }
        changes.append(EmptiesRow.outcome.set(json.dumps(outcome)))
    on_route = after == "cancelled" and row.state in ("asked", "attached")
    refusal = EmptiesOnTheWay() if on_route else EmptiesGone(state=row.state)
    if row.state != before:
        raise refusal
    tx.update(
        EmptiesRow(row.pk, row.sk),
        changes,
        condition=EmptiesRow.state == before,
        refusal=refusal,
    )


def row_of_request(request_id: str) -> EmptiesRow:
    """
    A request's row.

    Raises:
        NotFound
    """
    row = reads.get(EmptiesRow, empties_key(request_id), EMPTIES)
    if row is None:
        raise NotFound
    return row


def _same(row: EmptiesRow, digest: str) -> EmptiesView:
    if row.fingerprint != digest:
        raise IdReused
    return _view(row)


def _view(row: EmptiesRow) -> EmptiesView:
    told = RequestEmpties.model_validate_json(row.body)
    known = {"id": told.id, "slot_id": row.slot_id, "box_count": told.box_count}
    outcome = json.loads(row.outcome) if row.outcome else {}
    return EmptiesView.model_validate(
        known | {"state": row.state, "wave_id": row.wave_id} | outcome
    )


def _request(row: EmptiesRow) -> EmptiesRequest:
    told = RequestEmpties.model_validate_json(row.body)
    door = told.door
    return EmptiesRequest(
        request_id=str(told.id),
        resident_id=row.resident_id,
        point=door.point,
        building=door.building,
        unit=door.unit,
        floor=door.floor,
        has_lift=door.has_lift,
        box_count=told.box_count,
    )
