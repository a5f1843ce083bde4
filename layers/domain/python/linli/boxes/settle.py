"""Sights that did not fit when they came, looked at again when more is known of their box."""

from datetime import datetime, timedelta
from hashlib import sha256

from linli import cases
from linli.boxes import sight
from linli.boxes.model import Box, Custodian, Place, Sighting
from linli.boxes.refusals import BoxMoved, RetiredBox
from linli.boxes.register import find
from linli.boxes.rows import SIGHT, SightRow, box_key
from linli.credit import Points
from linli.kernel import reads
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction, transaction

WAITS = timedelta(hours=48)
"""How long a sight that does not fit waits for what may be missing, before it is a conflict."""
_LOOK_AGAIN = timedelta(hours=1)


def settle(box_id: str, *, now: datetime, reward_points: Points) -> int:
    """
    Look again at the sights of a box that moved nothing: in the order in which they were seen,
    each that is newer than the box and follows from where it stands now moves it. One that has
    waited too long becomes a conflict, and a case of the community's. Answers how many moved it.

    Raises:
        BoxMoved, StationFilled, ReturnsMoved, Contended: Look again later.
    """
    rows = reads.query(SightRow, box_key(box_id), SightRow.sk.startswith(SIGHT))
    moved = 0
    for row in sorted(rows, key=lambda row: (row.seen_at, row.sk)):
        if row.fate not in ("held", "same"):
            continue
        box = find(box_id)
        assert box is not None, "a sight is of a box"
        moved += _again(row, box, now, reward_points)
    return moved


def _again(row: SightRow, box: Box, now: datetime, reward_points: Points) -> bool:
    sighting = _sighting(row, box.box_id)
    if row.fate == "same" and not (box.is_out and row.seen_at > box.seen_at):
        return False
    try:
        seen = sight.look(box, sighting, now=now, returning=bool(row.returning), forced=True)
    except RetiredBox:
        return _give_up(row, box, now)
    if seen.fate == "applied":
        seen = sight.found(seen, now)
        with transaction() as tx:
            sight.write(tx, seen, now=now, reward_points=reward_points)
            _mark(tx, row, "applied")
        return True
    if seen.fate != "held":
        with transaction() as tx:
            _mark(tx, row, seen.fate if seen.fate == "late" else "agreed")
        return False
    if parse_instant(row.at) + WAITS <= now:
        return _give_up(row, box, now)
    with transaction() as tx:
        again = SightRow.due_at.set(rfc3339(now + _LOOK_AGAIN))
        tx.update(
            SightRow(row.pk, row.sk),
            [again],
            condition=SightRow.fate == row.fate,
            refusal=BoxMoved(),
        )
    return False


def _give_up(row: SightRow, box: Box, now: datetime) -> bool:
    """What nobody can explain is somebody's to look into."""
    with transaction() as tx:
        _mark(tx, row, "conflict")
        open_conflict(tx, box, row.sk.removeprefix(SIGHT), now)
    return False


def open_conflict(tx: Transaction, box: Box, scan_id: str, now: datetime) -> None:
    """A box that is seen where it cannot be becomes a case of its community's."""
    cases.open_case(
        tx,
        case_id=f"box.{sha256(scan_id.encode()).hexdigest()[:32]}",
        kind="box_conflict",
        about={"box_id": box.box_id, "scan_id": scan_id, "stands_with": box.custodian.value},
        opened_by="system",
        community_id=box.community_id,
        now=now,
    )


def _mark(tx: Transaction, row: SightRow, fate: str) -> None:
    tx.update(
        SightRow(row.pk, row.sk),
        [SightRow.fate.set(fate), SightRow.due_mark.remove(), SightRow.due_at.remove()],
        condition=SightRow.fate == row.fate,
        refusal=BoxMoved(),
    )


def _sighting(row: SightRow, box_id: str) -> Sighting:
    return Sighting(
        scan_id=row.sk.removeprefix(SIGHT),
        box_id=box_id,
        place=Place(Custodian(row.went_to), row.went_to_id),
        at=parse_instant(row.seen_at),
        by=row.by,
        claim_id=row.claim_id,
        returned_by=row.returned_by,
    )
