"""Disputes about boxes (箱务争议): cases with an owner; the decision's write does what it means."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from linli import cases
from linli.boxes import deposits
from linli.boxes.bring import owed_again
from linli.boxes.model import Box, Custodian
from linli.boxes.register import find
from linli.boxes.rows import MOVE, MoveRow, box_key, move_row, put_box
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, NotFound
from linli.kernel.identity import Caller
from linli.kernel.ids import CommandId
from linli.kernel.transact import Transaction, transaction

DISPUTE, CONFLICT = "box_dispute", "box_conflict"


class DisputeBox(BaseModel):
    """A resident disputes what the books say of a box that they have, or had."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    about: Literal["returned_unseen", "never_received", "not_refunded", "not_rewarded", "other"]
    says: Annotated[str, Field(min_length=1, max_length=500)]


class Disputed(BaseModel):
    """The case that looks into it; `GET /v1/cases/{case_id}` tells how it stands."""

    case_id: str
    box_id: str
    cycle: int


def dispute(box_id: str, command: DisputeBox, *, caller: Caller, now: datetime) -> Disputed:
    """
    Open a case about a box of the caller's; sending it again changes nothing.

    Raises:
        NotFound: There is no such box, or the caller never had it.
    """
    box = find(box_id)
    cycle = None if box is None else _latest_cycle(box, caller.subject)
    if box is None or cycle is None:
        raise NotFound
    case_id = f"box.{command.id}"
    about = {"box_id": box_id, "cycle": str(cycle), "about": command.about, "says": command.says}
    try:
        with transaction() as tx:
            cases.open_case(tx, case_id, DISPUTE, about, caller.subject, box.community_id, now)
    except AlreadyDone:
        return Disputed(case_id=case_id, box_id=box_id, cycle=cycle)
    return Disputed(case_id=case_id, box_id=box_id, cycle=cycle)


def _latest_cycle(box: Box, resident_id: str) -> int | None:
    """The caller's last cycle of the box."""
    moves = reads.query(MoveRow, box_key(box.box_id), MoveRow.sk.startswith(MOVE))
    mine = [int(m.cycle) for m in moves if (m.went_to, m.went_to_id) == ("resident", resident_id)]
    return max(mine, default=None)


def settle_dispute(
    tx: Transaction, case: cases.Case, decision: cases.Decision, now: datetime
) -> None:
    """
    What an upheld dispute means: a box that its party is still charged for is taken off them in
    the decision's write, the deposit refunded in full; the box counts as lost until it is seen.

    Raises, when `tx` commits:
        BoxMoved: It came back at the same moment; decide again.
    """
    box = find(case.about["box_id"])
    if decision != "upheld" or box is None or box.holder_id != case.party:
        return
    if str(box.cycle) != case.about["cycle"]:
        return
    _write_off(tx, owed_again(box, now), case, now)


def _write_off(tx: Transaction, box: Box, case: cases.Case, now: datetime) -> None:
    """The box is nobody's any more, wherever it is; its deposit goes back."""
    with_them = box.custodian is Custodian.RESIDENT
    after = box.model_copy(
        update={
            "custodian": Custodian.LOST,
            "custodian_id": "disputed" if with_them else box.custodian_id,
            "version": box.version + with_them,
            "holder_id": None,
            "deposit_transfer_id": None,
            "deposit_fen": 0,
            "clean": False,
            "out_at": None,
            "reminded_at": None,
            "warned_at": None,
        }
    )
    put_box(tx, box, after)
    if with_them:
        move_row(tx, box, after, move_id=case.case_id, now=now, by=case.owner)
    deposits.give_back(tx, [box], source_id=case.case_id, now=now)
