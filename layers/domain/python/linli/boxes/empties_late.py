"""
Pick-ups of empties that nobody came for: into the next slot, a few times, then they expire.

A request may come too late for its wave by a moment, or be left out by every route. It is never
left asked for: its resident is told of either.
"""

from datetime import datetime, timedelta

from pynamodb.expressions.update import Action

from linli import slots
from linli.boxes.empties import row_of_request
from linli.boxes.empties_rows import EmptiesOfSlotRow, EmptiesRow, empties_of
from linli.boxes.refusals import BoxMoved
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.slots import Slot

MOST_MOVES = 2
"""Into how many later slots a request is taken before it expires."""
TOLD_WITHIN = timedelta(days=1)
"""Couriers tell what they did within a day, also those who had no network."""


def see_to_late(request_id: str, *, now: datetime) -> str:
    """
    Look at a request whose slot has ended; answers what became of it: `ended` before, `early`,
    `moved` or `expired`.

    Raises:
        NotFound: There is none.
        BoxMoved: A wave or its resident was faster; look again.
    """
    row = row_of_request(request_id)
    if row.state not in ("asked", "attached"):
        return "ended"
    ends_at = slots.read(row.slot_id).ends_at
    due_at = ends_at + TOLD_WITHIN if row.state == "attached" else ends_at
    if now < due_at:
        _turn(row, [EmptiesRow.due_at.set(rfc3339(due_at))])
        return "early"
    after = _next(row, now) if row.state == "asked" and int(row.moves) < MOST_MOVES else None
    if after is None:
        gone = [EmptiesRow.due_mark.remove(), EmptiesRow.due_at.remove()]
        _turn(row, [EmptiesRow.state.set("expired"), *gone])
        return "expired"
    into = [EmptiesRow.slot_id.set(after.slot_id), EmptiesRow.moves.add(1)]
    _turn(row, [*into, EmptiesRow.due_at.set(rfc3339(after.ends_at))], after)
    return "moved"


def _next(row: EmptiesRow, now: datetime) -> Slot | None:
    """The next slot in which couriers come to this community."""
    found = slots.slots_of(row.community_id, now)
    coming = [s for s in found if s.channel == "courier" and s.state == "open"]
    return next((s for s in coming if now < s.cutoff_at), None)


def _turn(row: EmptiesRow, changes: list[Action], into: Slot | None = None) -> None:
    as_seen = (EmptiesRow.state == row.state) & (EmptiesRow.slot_id == row.slot_id)
    with transaction() as tx:
        key = EmptiesRow(row.pk, row.sk)
        tx.update(key, changes, condition=as_seen, refusal=BoxMoved())
        if into is not None:
            tx.put(EmptiesOfSlotRow(empties_of(into.slot_id), row.pk.partition("#")[2]))
