"""Whom the events about boxes concern, for who tells them: events themselves name nobody."""

from linli.boxes.bring import programme_of
from linli.boxes.empties_rows import EMPTIES, EmptiesRow, empties_key
from linli.boxes.model import Box, Custodian
from linli.boxes.overdue import conversion_at
from linli.boxes.register import find
from linli.boxes.rows import MOVE, MoveRow, box_key
from linli.kernel import reads
from linli.kernel.time import local_date

Figures = dict[str, str]
"""What the words of a notice may name."""


def of_box(box_id: str, cycle: int) -> tuple[str, Figures] | None:
    """
    Who had a box in a cycle, with the `deposit_fen` that it carries, or carried until it was
    converted, and the day `by_on` from which it is; None if nobody had.
    """
    moves = reads.query(MoveRow, box_key(box_id), MoveRow.sk.startswith(MOVE))
    who = [m.went_to_id for m in moves if m.went_to == Custodian.RESIDENT and m.cycle == cycle]
    if not who:
        return None
    box = find(box_id)
    figures = {"box_id": box_id}
    if box is not None and box.cycle == cycle and box.is_out:
        figures |= _of_deposit(box)
    return who[0], figures


def of_holder(box_id: str, cycle: int) -> tuple[str, Figures] | None:
    """As `of_box`, while the cycle lasts: who has brought a box back is not reminded of it."""
    told = of_box(box_id, cycle)
    return told if told and "deposit_fen" in told[1] else None


def of_empties(request_id: str) -> tuple[str, Figures] | None:
    """Who asked for boxes to be fetched, and the `slot_id` in which couriers come now."""
    row = reads.get(EmptiesRow, empties_key(request_id), EMPTIES)
    return None if row is None else (row.resident_id, {"slot_id": row.slot_id})


def _of_deposit(box: Box) -> Figures:
    figures = {"deposit_fen": str(box.deposit_fen or box.converted_fen)}
    due_at = conversion_at(box, programme_of(box.community_id))
    return figures | ({"by_on": local_date(due_at).isoformat()} if due_at else {})
