"""What a return earns on top of the refund: points, and a coupon for every ten; bounded by day."""

from dataclasses import dataclass
from datetime import datetime

from linli import credit
from linli.boxes.refusals import TooManyReturns
from linli.boxes.rows import RETURNS, ReturnerRow, person
from linli.catalogue.packaging import Packaging
from linli.credit import Done, Points
from linli.kernel import reads
from linli.kernel.errors import Contended
from linli.kernel.time import local_date
from linli.kernel.transact import Transaction

RETURNED_BOX = "returned_box"
"""The deed that a return is."""
COUPON = "yuan_20"
"""What ten returns earn."""
MOST_ANNOUNCED_A_DAY = 20
"""More boxes than anybody carries home in a day."""


class ReturnsMoved(Contended):
    """The person returned, or announced, something else at the same moment."""


@dataclass(frozen=True, slots=True)
class Earned:
    """What somebody earned by returning boxes together."""

    points: int = 0
    coupons: int = 0
    boxes: int = 0


def earn(
    tx: Transaction,
    *,
    source_id: str,
    resident_id: str,
    boxes: int,
    points_each: int,
    programme: Packaging,
    done: Done,
    by: str,
    now: datetime,
) -> Earned:
    """
    Reward a resident for so many boxes, up to what a day may be rewarded, and every so many of
    all their rewarded returns with a coupon; in the transaction that takes the boxes back.

    Raises, when `tx` commits:
        ReturnsMoved: They returned others at the same moment.
    """
    row = _today(resident_id, now)
    count = min(boxes, max(0, programme.most_rewards_a_day - int(row.rewarded)))
    if not count or not points_each:
        return Earned()
    total = int(row.total) + count
    due = _coupons(int(row.total), total, programme.coupon_every_returns)
    for number in due:  # The n-th coupon of a person comes once, whatever is told twice.
        credit.grant_coupon(tx, resident_id, COUPON, f"returns/{resident_id}/{number}", now)
    credit.grant(
        tx,
        transfer_id=f"{source_id}/reward",
        resident_id=resident_id,
        points=Points(count * points_each),
        deed=RETURNED_BOX,
        now=now,
        by=by,
        done=done,
    )
    _count(tx, row, rewarded=count)
    return Earned(count * points_each, len(due), count)


def _coupons(before: int, after: int, every: int) -> range:
    """The numbers of the coupons that a person's returns from `before` to `after` earn."""
    return range(before // every + 1, after // every + 1) if every else range(0)


def announce(tx: Transaction, resident_id: str, now: datetime) -> None:
    """
    Count an announced return against its day's limit.

    Raises, here or when `tx` commits:
        TooManyReturns, ReturnsMoved
    """
    row = _today(resident_id, now)
    if int(row.announced) >= MOST_ANNOUNCED_A_DAY:
        raise TooManyReturns(most=MOST_ANNOUNCED_A_DAY)
    _count(tx, row, announced=1)


def _today(resident_id: str, now: datetime) -> ReturnerRow:
    """What the person has returned, as of the local day; its version is that which is stored."""
    row = reads.get(ReturnerRow, person(resident_id), RETURNS)
    row = row or ReturnerRow(person(resident_id), RETURNS, version=0)
    day = local_date(now).isoformat()
    if row.day != day:
        row.day, row.rewarded, row.announced = day, 0, 0
    return row


def _count(tx: Transaction, row: ReturnerRow, *, rewarded: int = 0, announced: int = 0) -> None:
    seen = int(row.version)
    row.version = seen + 1
    row.total = int(row.total) + rewarded
    row.rewarded = int(row.rewarded) + rewarded
    row.announced = int(row.announced) + announced
    condition = ReturnerRow.pk.does_not_exist() if not seen else ReturnerRow.version == seen
    tx.put(row, condition=condition, refusal=ReturnsMoved())
