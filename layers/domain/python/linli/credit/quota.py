"""
What a programme gives in a day, counted in parts: a crowd does not all write to one item, each part
is counted under its own condition, and the parts of a cap add up to it, so that it is exact.

Here: the points that all residents of a community together spend on orders. An order takes them
from one part if one has enough, else from several; what it does not spend goes back to the parts
and the day that it came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from zlib import crc32

from linli.credit import programme
from linli.credit.keys import ORDERS, part_key, quota_of
from linli.credit.model import Points, ProgrammePointsCap
from linli.credit.rows import CountRow, TransferRow
from linli.kernel import reads
from linli.kernel.errors import Refused
from linli.kernel.transact import Transaction

PARTS: Final = 4
"""Parts of a day's points for orders: read with each order that spends some."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What may be spent on orders in a community on a day, and what each part had counted."""

    community_id: str
    on: date
    cap_points: int
    counted: tuple[int, ...]

    def left(self, part: int) -> int:
        """What a part has left; nothing if the cap was lowered below what it counted."""
        return max(0, part_cap(self.cap_points, part, PARTS) - self.counted[part])


@dataclass(frozen=True, slots=True)
class Taken:
    """What a transfer took of a community's quota, by part."""

    community_id: str
    points: Mapping[int, int]

    @property
    def text(self) -> str:
        """As a transfer keeps it."""
        return " ".join(f"{part}:{points}" for part, points in self.points.items())


def part_cap(cap: int, part: int, parts: int) -> int:
    """A part's share of a day's cap: all parts add up to it. Pure."""
    return cap // parts + (part < cap % parts)


def quota_keys(community_id: str, on: date) -> list[reads.Key]:
    """What a batch reads to spend points on an order."""
    pk = quota_of(community_id, ORDERS, on)
    return [
        programme.key(community_id),
        *((CountRow, pk, part_key(part)) for part in range(PARTS)),
    ]


def quota_in(found: reads.Found, community_id: str, on: date) -> Quota:
    """The quota from a batch that read `quota_keys`."""
    rules, pk = programme.programme_in(found, community_id), quota_of(community_id, ORDERS, on)
    rows = (found.get(CountRow, pk, part_key(part)) for part in range(PARTS))
    counted = tuple(int(row.counted) if row else 0 for row in rows)
    return Quota(community_id, on, rules.order_points_a_day, counted)


def choose(quota: Quota, points: Points, seed: str) -> Taken:
    """
    The parts to take `points` from, beginning at one that `seed` says: one of them if it has
    enough, for then fewer orders meet. Pure.

    Raises:
        ProgrammePointsCap: All of them together have less.
    """
    first = crc32(seed.encode())
    parts = [(first + n) % PARTS for n in range(PARTS)]
    for part in parts:
        if quota.left(part) >= points:
            return Taken(quota.community_id, {part: points})
    taken, missing = {}, int(points)
    for part in parts:
        if units := min(missing, quota.left(part)):
            taken[part] = units
            missing -= units
    if missing:
        raise ProgrammePointsCap(cap_points=quota.cap_points)
    return Taken(quota.community_id, taken)


def take(tx: Transaction, quota: Quota, taken: Taken, gone: Refused) -> None:
    """
    Count what was chosen.

    Raises, when `tx` commits:
        gone: A part has not that much left any more; choose anew.
    """
    pk = quota_of(quota.community_id, ORDERS, quota.on)
    for part, points in taken.points.items():
        cap = part_cap(quota.cap_points, part, PARTS)
        tx.update(
            CountRow(pk, part_key(part)),
            [CountRow.counted.add(points), CountRow.cap.set(cap)],
            condition=CountRow.counted.does_not_exist() | (CountRow.counted <= cap - points),
            refusal=gone,
        )


def give_back(tx: Transaction, row: TransferRow, points: int) -> None:
    """Count `points` of a transfer no longer, in the parts and on the day that it took them."""
    pk = quota_of(str(row.community_id), ORDERS, date.fromisoformat(str(row.capped_on)))
    for text in (row.parts or "").split():
        part, took = (int(each) for each in text.split(":"))
        back = min(took, points)
        points -= back
        if back:
            tx.update(
                CountRow(pk, part_key(part)),
                [CountRow.counted.add(-back)],
                condition=CountRow.counted >= back,
            )
