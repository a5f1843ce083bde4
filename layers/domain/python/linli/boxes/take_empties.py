"""The courier's report of a pick-up of empties: what was taken at a door is returned by it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from linli.boxes import bring, sight
from linli.boxes.empties import row_of_request, turn
from linli.boxes.empties_model import MOST_EMPTIES, Taken
from linli.boxes.empties_rows import EmptiesRow
from linli.boxes.model import Box, Custodian, Place, Sighting
from linli.boxes.refusals import EmptiesGone
from linli.boxes.rows import BOX, BoxRow, box_key, box_of
from linli.boxes.sight import Seen
from linli.credit import Points
from linli.kernel import reads
from linli.kernel.errors import Invalid, NotFound
from linli.kernel.ids import derived
from linli.kernel.transact import Transaction


def take_empties(
    tx: Transaction,
    request_id: str,
    *,
    courier_id: str,
    box_ids: Sequence[str],
    at: datetime,
    now: datetime,
    reward_points: Points,
) -> Taken:
    """
    The courier's report of a pick-up: the boxes taken are returned, for the credit of who asked;
    none at all: it failed. What does not fit the books is kept in a box's history and moves
    nothing. In a transaction of its own: a delivery at the same door touches the same balances.

    `at` is the courier's clock. The caller has checked that the courier has the stop, and looks
    again after BoxMoved or ReturnsMoved.

    Raises, here or when `tx` commits:
        NotFound: There is no such request, or one of the boxes is none.
        Invalid: A box is told twice, or there are too many.
        EmptiesGone: It was told before; `state` says how it ended.
        FromTheFuture, TooOld: The courier's clock cannot be right.
        RetiredBox: One of the boxes is out of use.
        BoxMoved, ReturnsMoved: Look again.
    """
    row = _checked(request_id, box_ids)
    sight.check_time(at, now)
    looked = [_look(row, box, courier_id, at, now) for box in _boxes(box_ids)]
    seen = [sight.found(each, now) for each in looked]
    home = [each.box for each in seen if each.fate == "applied"]
    taken = Taken({each.box.box_id: each.fate for each in seen}, 0, 0, 0)
    if home:
        brought = bring.bring_back(tx, home, _home(row, courier_id, at, now, reward_points))
        earned = brought.earned
        taken = Taken(taken.boxes, brought.refund_fen, earned.points, earned.coupons)
    for each in (sighting for sighting in seen if sighting.fate != "applied"):
        sight.keep(tx, each, now)
    turn(tx, row, row.state, "taken" if box_ids else "failed", taken)
    return taken


def _checked(request_id: str, box_ids: Sequence[str]) -> EmptiesRow:
    """The request, if it may be reported so."""
    row = row_of_request(request_id)
    if row.state not in ("asked", "attached", "expired"):  # Told late, it is still true.
        raise EmptiesGone(state=row.state)
    if len(box_ids) > MOST_EMPTIES or len(set(box_ids)) < len(box_ids):
        raise Invalid(f"each box once, at most {MOST_EMPTIES}")
    return row


def _boxes(box_ids: Sequence[str]) -> list[Box]:
    found = reads.batch((BoxRow, box_key(each), BOX) for each in box_ids)
    rows = [found.get(BoxRow, box_key(each), BOX) for each in box_ids]
    if None in rows:
        raise NotFound
    return [box_of(row) for row in rows if row is not None]


def _look(row: EmptiesRow, box: Box, courier_id: str, at: datetime, now: datetime) -> Seen:
    place = Place(Custodian.COURIER, courier_id)
    # Of its own, for a box that waits is returned by itself.
    scan_id = str(derived(UUID(row.pk.partition("#")[2]), box.box_id))
    sighting = Sighting(scan_id, box.box_id, place, at, courier_id, returned_by=row.resident_id)
    return sight.look(box, sighting, now=now, returning=True)


def _home(
    row: EmptiesRow, courier_id: str, at: datetime, now: datetime, reward_points: Points
) -> bring.Homecoming:
    return bring.Homecoming(
        source_id=row.pk.partition("#")[2],
        place=Place(Custodian.COURIER, courier_id),
        by=courier_id,
        at=min(at, now),
        now=now,
        returner_id=row.resident_id,
        community_id=row.community_id,
        programme=bring.programme_of(row.community_id),
        reward_points=reward_points,
    )
