"""Boxes that stay out too long: their holder is reminded, then the deposit is converted."""

from collections.abc import Callable
from datetime import datetime, timedelta

from linli import credit
from linli.boxes import rules
from linli.boxes.bring import programme_of
from linli.boxes.empties_late import see_to_late
from linli.boxes.model import Box, Custodian, id_of_moment
from linli.boxes.register import find
from linli.boxes.rows import BY_DUE, DUE_SHARDS, DueRow, move_row, put_box
from linli.boxes.settle import settle
from linli.catalogue.packaging import Packaging
from linli.credit import Fen, Points
from linli.kernel import reads
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import transaction

MOST_A_RUN = 400
"""What is left over waits for the next run."""
AFTER_REMINDER = timedelta(days=3)
"""
Nobody's deposit is converted sooner than this after they were reminded; so long before it, they
are told again.
"""


def sweep(now: datetime, *, reward_points: Points) -> dict[str, int]:
    """
    Do what is due by `now`; answers how many boxes, and pick-ups of them, were looked at, by what
    was due.

    The index is late, the writes are conditional: what is not due after all stays as it is.

    Raises:
        ExceptionGroup: What went wrong with some boxes, after the others have been seen to.
    """
    steps: dict[str, Callable[[str], object]] = {
        "held": lambda box_id: settle(box_id, now=now, reward_points=reward_points),
        "empties": lambda request_id: see_to_late(request_id, now=now),
        "out": lambda box_id: see_to(box_id, now=now, reward_points=reward_points),
    }
    faults: list[Exception] = []
    seen = dict.fromkeys(steps, 0)
    for mark, step in steps.items():
        for box_id in _due(mark, now):
            seen[mark] += 1
            try:
                step(box_id)
            except Exception as fault:  # One box's trouble must not keep the others waiting.
                faults.append(fault)
    if faults:
        raise ExceptionGroup("some boxes could not be seen to", faults)
    return seen


def _due(mark: str, now: datetime) -> list[str]:
    until = "due_at", rfc3339(now)
    keys = [
        row.pk.partition("#")[2]
        for shard in range(DUE_SHARDS)
        for row in reads.index(DueRow, BY_DUE, "due_mark", f"{mark}#{shard}", until=until)
    ]
    return list(dict.fromkeys(keys))[:MOST_A_RUN]


def see_to(box_id: str, *, now: datetime, reward_points: Points) -> str:
    """
    What is due for a box that is out: nothing yet, a reminder, a second one, or the conversion of
    its deposit.
    A sight of it that has waited is heard first. Answers what was done.

    Raises:
        BoxMoved, Contended: Look again later.
    """
    settle(box_id, now=now, reward_points=reward_points)
    box = find(box_id)
    if box is None or box.custodian is not Custodian.RESIDENT or box.out_at is None:
        return "back"
    programme, out_at = programme_of(box.community_id), parse_instant(box.out_at)
    remind_at = out_at + timedelta(days=programme.remind_days)
    convert_at = out_at + timedelta(days=programme.convert_days)
    if now < remind_at:
        _write(box, box, remind_at)
        return "early"
    if box.reminded_at is None:
        reminded = box.model_copy(update={"reminded_at": rfc3339(now)})
        due_at = max(convert_at, now + AFTER_REMINDER)
        _write(box, reminded, max(due_at - AFTER_REMINDER, now + AFTER_REMINDER))
        return "reminded"
    return _towards_conversion(box, conversion_at(box, programme) or now, now)


def conversion_at(box: Box, programme: Packaging) -> datetime | None:
    """When the deposit of a box is converted that is out; None if it is not out."""
    if box.out_at is None:
        return None
    at = parse_instant(box.out_at) + timedelta(days=programme.convert_days)
    return max(at, _a_while_after(box.reminded_at)) if box.reminded_at else at


def _a_while_after(reminded_at: str) -> datetime:
    return parse_instant(reminded_at) + AFTER_REMINDER


def _towards_conversion(box: Box, due_at: datetime, now: datetime) -> str:
    """Of a box that was reminded of: told again shortly before `due_at`, then converted."""
    assert box.reminded_at is not None
    if now >= due_at:
        _convert(box, now)
        return "converted"
    warn_at = due_at - AFTER_REMINDER
    if box.warned_at or warn_at < _a_while_after(box.reminded_at):
        _write(box, box, due_at)
        return "early"
    if now < warn_at:
        _write(box, box, warn_at)
        return "early"
    _write(box, box.model_copy(update={"warned_at": rfc3339(now)}), due_at)
    return "warned"


def _write(before: Box, after: Box, due_at: datetime) -> None:
    with transaction() as tx:
        put_box(tx, before, after, due_at)


def _convert(box: Box, now: datetime) -> None:
    """The box counts as lost; its deposit is converted, until it is found."""
    assert box.holder_id is not None
    after = rules.converted(box, now)
    move_id = f"{box.cycle}/overdue/{box.version}"
    with transaction() as tx:
        put_box(tx, box, after)
        move_row(tx, box, after, move_id=move_id, now=now, by="sweeper")
        if box.deposit_fen:
            credit.convert_deposit(
                tx,
                transfer_id=f"{id_of_moment(now, box.box_id)}/overdue",
                resident_id=box.holder_id,
                fen=Fen(box.deposit_fen),
                now=now,
            )
