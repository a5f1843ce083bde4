"""Which way a box may go, and who earns its return: pure rules over a box as it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from linli.boxes.model import Box, Custodian, Place
from linli.boxes.refusals import BoxNotClean, BoxNotInStore, BoxNotOut, RetiredBox
from linli.kernel.time import parse_instant, rfc3339

_K = Custodian

EDGES: Final[Mapping[Custodian, frozenset[Custodian]]] = {
    _K.STORE: frozenset({_K.ORDER, _K.COURIER, _K.RESIDENT, _K.WASHING, _K.LOST, _K.RETIRED}),
    _K.ORDER: frozenset({_K.STORE, _K.COURIER, _K.RESIDENT, _K.LOST}),
    _K.COURIER: frozenset({_K.STORE, _K.STATION, _K.RESIDENT, _K.WASHING, _K.LOST}),
    _K.RESIDENT: frozenset({_K.STORE, _K.STATION, _K.COURIER, _K.LOST}),
    _K.STATION: frozenset({_K.STORE, _K.COURIER, _K.WASHING, _K.LOST, _K.RETIRED}),
    _K.WASHING: frozenset({_K.STORE, _K.LOST, _K.RETIRED}),
    _K.LOST: frozenset({_K.STORE, _K.STATION, _K.COURIER, _K.WASHING, _K.RETIRED}),
    _K.RETIRED: frozenset(),
}
"""From whom a box may go to whom. Nothing leads back from `retired`; what is lost may be found."""

HOME: Final = frozenset({_K.STORE, _K.STATION, _K.COURIER})
"""With whom a resident's box is returned."""
CLAIM_VALID: Final = timedelta(hours=72)
"""How long an announced return waits for somebody to confirm it."""
LOOK_FIRST: Final = timedelta(days=1)
"""No programme reminds of a box before that."""

Fate = Literal["applied", "same", "late", "held"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A resident's word that they return a box, in one cycle of it."""

    return_id: str
    resident_id: str
    at: str


def may_go(from_: Custodian, to: Custodian) -> bool:
    """Whether a box may go from one kind of custodian to another."""
    return to in EDGES[from_]


def judge(box: Box, place: Place, at: datetime) -> Fate:
    """
    What a scan at a place and moment (the scanner's clock) does to a box as it stands.

    Nothing older than the latest sight of the box moves it; what does not follow from where it
    stands is held, for what is missing may still come.
    """
    if place == box.place:
        return "same"
    if rfc3339(at) < box.seen_at:
        return "late"
    if box.is_out and place.kind not in HOME:
        return "held"  # Whoever has a resident's box must have got it back first.
    return "applied" if may_go(box.custodian, place.kind) else "held"


def hand_over(
    box: Box,
    resident_id: str,
    deposit_transfer_id: str | None,
    deposit_fen: int,
    *,
    order_id: str,
    at: datetime,
) -> Box:
    """
    The box once a resident has it: a new cycle begins, with its one deposit.

    Raises:
        RetiredBox: It is out of use.
        BoxNotInStore: It is with somebody else, perhaps with a resident already.
        BoxNotClean: It has not been washed since its last cycle.
    """
    if box.custodian is Custodian.RETIRED:
        raise RetiredBox
    packed = box.place == Place(Custodian.ORDER, order_id)
    if not packed and box.custodian not in (Custodian.STORE, Custodian.COURIER):
        raise BoxNotInStore
    if not box.clean:
        raise BoxNotClean
    assert box.holder_id is None, "a box that nobody holds carries no deposit"
    return box.model_copy(
        update={
            "custodian": Custodian.RESIDENT,
            "custodian_id": resident_id,
            "cycle": box.cycle + 1,
            "version": box.version + 1,
            "holder_id": resident_id,
            "deposit_transfer_id": deposit_transfer_id if deposit_fen else None,
            "deposit_fen": deposit_fen,
            "out_at": rfc3339(at),
            "seen_at": max(box.seen_at, rfc3339(at)),
        }
    )


def check_returnable(box: Box) -> None:
    """
    Refuse to take back what is not out.

    Raises:
        RetiredBox: It is out of use.
        BoxNotOut: No resident has it, or lost it.
    """
    if box.custodian is Custodian.RETIRED:
        raise RetiredBox
    if not box.is_out:
        raise BoxNotOut


def moved(box: Box, place: Place, at: datetime) -> Box:
    """
    The box once `place` has it. Coming from a resident, its cycle has ended: it is free of a
    deposit, and dirty.
    """
    assert may_go(box.custodian, place.kind), "callers judge first"
    assert not box.converted_fen, "what was converted is restored first"
    return box.model_copy(
        update={
            "custodian": place.kind,
            "custodian_id": place.id,
            "version": box.version + 1,
            "holder_id": None,
            "deposit_transfer_id": None,
            "deposit_fen": 0,
            "clean": box.clean and not box.is_out,
            "out_at": None,
            "reminded_at": None,
            "warned_at": None,
            "seen_at": max(box.seen_at, rfc3339(at)),
        }
    )


def converted(box: Box, now: datetime) -> Box:
    """The box once its holder has had it too long: lost, its deposit no longer owed."""
    assert box.custodian is Custodian.RESIDENT
    return box.model_copy(
        update={
            "custodian": Custodian.LOST,
            "custodian_id": "overdue",
            "version": box.version + 1,
            "deposit_fen": 0,
            "converted_fen": box.deposit_fen,
        }
    )


def restored(box: Box) -> Box:
    """The lost box once its deposit is owed again, for it has been found; it has not moved."""
    return box.model_copy(update={"deposit_fen": box.converted_fen, "converted_fen": 0})


def who_earns(
    claims: Sequence[Claim], *, claim_id: str | None, returned_by: str | None, holder_id: str | None
) -> str | None:
    """
    Who earns the points of a return, if anybody: who showed their announcement, whom the person
    at the counter names, or the holder if they announced it.

    A stranger who announced it earns nothing by that alone: anybody can read a box's number.
    """
    shown = [claim.resident_id for claim in claims if claim.return_id == claim_id]
    if claim_id is not None and shown:
        return shown[0]
    if returned_by is not None:
        return returned_by
    return holder_id if holder_id in [claim.resident_id for claim in claims] else None


def valid(claim: Claim, at: datetime) -> bool:
    """Whether an announcement still stands at that moment."""
    return at <= parse_instant(claim.at) + CLAIM_VALID
