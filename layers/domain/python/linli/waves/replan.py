"""
Planning a published wave anew because something has changed: asked for, looked at, brought to rest.

Asking writes a row under the change's own id and starts the machine `replan_routes`, which frames
the problem (`frame`), solves it, and swaps the routes in one conditional write (`swap`). A request
whose machine could not be started is started by the next minute's schedule.
"""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, IdReused, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import fingerprint
from linli.kernel.machines import Machine
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.waves.changes import NotPublished, Replan, ReplanStep, ReplanView
from linli.waves.rows import (
    REPLANS,
    WAVE,
    PointerRow,
    ReplanRow,
    WaveRow,
    replan_key,
    wave_key,
)


def request_replan(
    wave_id: str, change: Replan, *, by: str, machine: Machine, now: datetime
) -> ReplanView:
    """
    Let the wave's affected routes be planned anew; the same change again changes nothing.

    Raises:
        NotFound: There is no such wave.
        NotPublished: It has no routes yet.
        IdReused: The id came with another change before.
    """
    row = reads.get(ReplanRow, wave_key(wave_id), replan_key(str(change.id)))
    if row is None:
        try:
            with transaction() as tx:
                note_replan(tx, wave_id, change, by=by, now=now)
        except AlreadyDone:  # The same request at this very moment; or the wave is not out.
            _check_published(wave_id)
        row = replan_row(wave_id, str(change.id))
    if row.fingerprint != fingerprint(change, wave_id=wave_id):
        raise IdReused
    if row.state == "requested":
        start_replan(wave_id, row, machine)
    return view_of(wave_id, row)


def note_replan(tx: Transaction, wave_id: str, change: Replan, *, by: str, now: datetime) -> None:
    """
    Ask for it in the caller's own transaction; `start_replan`, or the schedule within a minute,
    starts it. `tx` raises AlreadyDone if it was asked for before, or the wave is not published.
    """
    at = rfc3339(now)
    row = ReplanRow(
        wave_key(wave_id),
        replan_key(str(change.id)),
        kind=change.kind,
        state="requested",
        fingerprint=fingerprint(change, wave_id=wave_id),
        change=change.model_dump_json(),
        by=by,
        asked_at=at,
        changed_at=at,
    )
    tx.check(
        WaveRow(wave_key(wave_id), WAVE),
        condition=WaveRow.state == "published",
        refusal=AlreadyDone(),
    )
    tx.put(row, condition=ReplanRow.pk.does_not_exist(), refusal=AlreadyDone())
    tx.put(PointerRow(REPLANS, f"{wave_id}#{change.id}"))


def _check_published(wave_id: str) -> None:
    wave = reads.get(WaveRow, wave_key(wave_id), WAVE)
    if wave is None:
        raise NotFound
    if wave.state != "published":
        raise NotPublished(state=wave.state)


def start_replan(wave_id: str, row: ReplanRow, machine: Machine) -> None:
    """Start the machine for a request; nothing happens if it was started before."""
    replan_id = id_of(row)
    machine.start(name_of(wave_id, replan_id), {"wave_id": wave_id, "replan_id": replan_id})


def settle(
    tx: Transaction,
    step: ReplanStep,
    state: str,
    now: datetime,
    *,
    reason: str = "",
    told: dict[str, Any] | None = None,
    pending: dict[str, str] | None = None,
) -> None:
    """
    Bring a request to its end in the transaction of what it led to; AlreadyDone if it is over.

    `pending` orders, with their routes, are still to be told so; see `rest`.
    """
    tx.update(
        ReplanRow(wave_key(step.wave_id), replan_key(step.replan_id)),
        [
            ReplanRow.state.set(state),
            ReplanRow.changed_at.set(rfc3339(now)),
            ReplanRow.reason.set(reason),
            ReplanRow.told.set(json.dumps(told or {}, separators=(",", ":"))),
            ReplanRow.pending.set(json.dumps(pending or {}, separators=(",", ":"))),
        ],
        condition=ReplanRow.state == "requested",
        refusal=AlreadyDone(),
    )
    if not pending:
        tx.delete(PointerRow(REPLANS, f"{step.wave_id}#{step.replan_id}"))


def pending_of(row: ReplanRow) -> dict[str, str]:
    """The orders that are still to be told their new route."""
    found: dict[str, str] = json.loads(row.pending or "{}")
    return found


def rest(step: ReplanStep, now: datetime) -> None:
    """Every order has been told: nothing is left to do."""
    with transaction() as tx:
        tx.update(
            ReplanRow(wave_key(step.wave_id), replan_key(step.replan_id)),
            [ReplanRow.pending.remove(), ReplanRow.changed_at.set(rfc3339(now))],
            condition=ReplanRow.pk.exists(),
        )
        tx.delete(PointerRow(REPLANS, f"{step.wave_id}#{step.replan_id}"))


def replan_for(
    wave_id: str, change: Replan, caller: Caller, machine: Machine, now: datetime
) -> ReplanView:
    """
    As `request_replan`, for a dispatcher of the wave's community.

    Raises:
        NotFound: The wave is of another community than the caller's, or there is none.
        NotPublished, IdReused: See `request_replan`.
    """
    caller.require(wave_id.split(".")[0], Role.DISPATCHER)
    return request_replan(wave_id, change, by=caller.subject, machine=machine, now=now)


def replan_view(wave_id: str, replan_id: str, caller: Caller) -> ReplanView:
    """
    What came of a request.

    Raises:
        NotFound: There is none in a community of the caller's.
    """
    caller.require(wave_id.split(".")[0], Role.DISPATCHER, Role.CITY)
    return view_of(wave_id, replan_row(wave_id, replan_id))


def replan_row(wave_id: str, replan_id: str) -> ReplanRow:
    """
    The request's row, read consistently.

    Raises:
        NotFound: There is none.
    """
    row = reads.get(ReplanRow, wave_key(wave_id), replan_key(replan_id))
    if row is None:
        raise NotFound
    return row


def replan_if_any(wave_id: str, replan_id: str) -> ReplanRow | None:
    """The request's row, read consistently, if there is one."""
    return reads.get(ReplanRow, wave_key(wave_id), replan_key(replan_id))


def view_of(wave_id: str, row: ReplanRow) -> ReplanView:
    """A request as it is told."""
    return ReplanView(
        id=id_of(row),
        wave_id=wave_id,
        kind=row.kind,
        state=row.state,
        reason=row.reason or None,
        asked_at=row.asked_at,
        changed_at=row.changed_at,
        **json.loads(row.told or "{}"),
    )


def id_of(row: ReplanRow) -> str:
    """The id of a request's row."""
    return str(row.sk).split("#", 1)[1]


def name_of(wave_id: str, replan_id: str) -> str:
    """The name of the machine's run; a name has at most 80 characters."""
    return f"{replan_id}--{sha256(wave_id.encode()).hexdigest()[:16]}"
