"""
An order's compartment: chosen when it is placed, taken and given back in the order's own writes.

A compartment serves one order a day. Whoever stores the day's orders takes out what was not
collected by the morning, so that no compartment is promised to two.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta

from linli.kernel import reads
from linli.kernel.errors import Refused
from linli.kernel.geography import Point
from linli.kernel.time import ZONE
from linli.kernel.transact import Transaction
from linli.lockers.model import Locker, LockerFull, LockerPlace, TooBigForLocker, UnknownLocker
from linli.lockers.rows import UsedRow, used_key

EMPTY_BY = time(6, 0)
"""Local time of the next day by which a compartment is emptied."""
Usage = Mapping[tuple[str, str], int]
"""Taken compartments by (locker_id, size)."""


def day_of(slot_id: str) -> str:
    """The local date on which the orders of a slot are stored."""
    day = slot_id.split(".")[2][:8]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def out_by(place: LockerPlace, stored_at: datetime, within: timedelta) -> datetime:
    """Until when an order that was stored then may be collected."""
    day = datetime.fromisoformat(f"{place.on}T00:00:00").date()
    morning = datetime.combine(day + timedelta(days=1), EMPTY_BY, ZONE)
    return min(stored_at + within, max(morning, stored_at + timedelta(hours=1)))


def usage_keys(lockers: Iterable[Locker], slot_id: str) -> list[reads.Key]:
    """The keys with which a batch reads what is taken on the slot's day."""
    on = day_of(slot_id)
    return [
        (UsedRow, used_key(locker.community_id, locker.locker_id), f"{on}#{each.size}")
        for locker in lockers
        for each in locker.compartments
    ]


def usage_in(found: reads.Found, lockers: Iterable[Locker], slot_id: str) -> Usage:
    """What a batch read of it."""
    on, usage = day_of(slot_id), dict[tuple[str, str], int]()
    for locker in lockers:
        key = used_key(locker.community_id, locker.locker_id)
        for each in locker.compartments:
            row = found.get(UsedRow, key, f"{on}#{each.size}")
            usage[locker.locker_id, each.size] = int(row.taken) if row else 0
    return usage


def choose(
    lockers: Sequence[Locker],
    usage: Usage,
    grams: int,
    here: Point,
    slot_id: str,
    *,
    wanted_id: str | None = None,
    kept: LockerPlace | None = None,
) -> LockerPlace:
    """
    The smallest free compartment that holds `grams`, of the chosen locker or else of the nearest
    one that has any; what the order has already (`kept`) is free for it.

    Raises:
        UnknownLocker, TooBigForLocker, LockerFull
    """
    near = [each for each in lockers if wanted_id in (None, each.locker_id)]
    if not near:
        raise UnknownLocker
    on, fits = day_of(slot_id), False
    for locker in sorted(near, key=lambda each: (here.metres_to(each.point), each.locker_id)):
        for each in locker.compartments:
            if each.most_grams < grams:
                continue
            fits = True
            place = LockerPlace(locker_id=locker.locker_id, size=each.size, on=on)
            if usage[locker.locker_id, each.size] - (place == kept) < each.count:
                return place
    raise LockerFull if fits else TooBigForLocker


def take(
    tx: Transaction, community_id: str, place: LockerPlace, lockers: Iterable[Locker], full: Refused
) -> None:
    """Take a compartment in the order's own transaction; `full` when there is none any more."""
    (locker,) = [each for each in lockers if each.locker_id == place.locker_id]
    (count,) = [each.count for each in locker.compartments if each.size == place.size]
    tx.update(
        UsedRow(used_key(community_id, place.locker_id), f"{place.on}#{place.size}"),
        [UsedRow.taken.add(1)],
        condition=UsedRow.taken.does_not_exist() | (UsedRow.taken < count),
        refusal=full,
    )


def give_back(tx: Transaction, community_id: str, place: LockerPlace) -> None:
    """Give it back, in the transaction that ends the order or moves it to another day."""
    tx.update(
        UsedRow(used_key(community_id, place.locker_id), f"{place.on}#{place.size}"),
        [UsedRow.taken.add(-1)],
        condition=UsedRow.taken > 0,
    )
