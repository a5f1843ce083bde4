"""
A box seen somewhere, by whatever scanner, now or offline earlier: what the sight does to it.

A sight that fits moves the box; if it comes home from a resident, that is its return. One that is
older than what is known, or does not follow from it, is kept in the box's history and moves
nothing; the latter is looked at again when more is known (`settle`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from linli.boxes import bring, rules, stations
from linli.boxes.bring import Brought, Homecoming
from linli.boxes.model import Box, Custodian, Sighting
from linli.boxes.refusals import FromTheFuture, RetiredBox, TooOld
from linli.boxes.rewards import Earned
from linli.boxes.rows import SIGHT, SightRow, box_key, due_mark, put_move
from linli.boxes.rules import Fate
from linli.boxes.stations import Station
from linli.credit import Points
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction

AHEAD = timedelta(minutes=5)
"""How far a scanner's clock may be ahead of ours before we do not believe it."""
OLDEST = timedelta(days=30)
"""Scanners are synchronised at least so often."""
LOOK_AGAIN = timedelta(minutes=10)
"""When the sweeper first looks again at a sight that does not fit."""
NOTHING = Brought(0, Earned())


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What a sight would do, decided before it is written.

    `returning`: the box was taken from a resident, so that it moves only if it is out.
    """

    box: Box
    sighting: Sighting
    fate: Fate
    station: Station | None
    forced: bool
    returning: bool


def check_time(at: datetime, now: datetime) -> None:
    """
    Believe a scanner's clock within bounds.

    Raises:
        FromTheFuture, TooOld
    """
    if at > now + AHEAD:
        raise FromTheFuture
    if at < now - OLDEST:
        raise TooOld


def look(
    box: Box, sighting: Sighting, *, now: datetime, returning: bool = False, forced: bool = False
) -> Seen:
    """
    Decide what a sight does.

    Raises:
        RetiredBox: It was taken out of use before that.
        UnknownStation: It is seen at no station of ours.
        StationFull: It takes no more, unless `forced`: the box is in it already.
    """
    at = min(sighting.at, now)
    fate = rules.judge(box, sighting.place, at)
    own = box.is_out and box.holder_id == sighting.by  # Somebody else must see it, too.
    if fate == "applied" and (own or (returning and not box.is_out)):
        fate = "held"
    if box.custodian is Custodian.RETIRED and fate == "held":
        raise RetiredBox
    station = bring.station_of(sighting.place)
    if station is not None and fate == "applied" and not forced:
        stations.check_room(station)
    return Seen(box, sighting, fate, station, forced, returning)


def found(seen: Seen, now: datetime) -> Seen:
    """
    The sight, with the deposit of a box that it finds owed again if it had been converted. A
    write of its own: the last thing before `write`, once nothing can be refused any more.
    """
    if seen.fate != "applied":
        return seen
    return replace(seen, box=bring.owed_again(seen.box, now))


def write(tx: Transaction, seen: Seen, *, now: datetime, reward_points: Points) -> Brought:
    """
    Add to `tx` what a sight does.

    Raises, when `tx` commits:
        BoxMoved, StationFilled, ReturnsMoved: Look again.
    """
    if seen.fate != "applied":
        keep(tx, seen, now)
        return NOTHING
    if seen.box.is_out:
        return bring.bring_back(tx, [seen.box], _home(seen, now, reward_points))
    sighting, before = seen.sighting, seen.box
    at = min(sighting.at, now)
    after = rules.moved(before, sighting.place, at)
    order_id = sighting.place.id if sighting.place.kind is Custodian.ORDER else None
    put_move(
        tx,
        before,
        after,
        move_id=sighting.scan_id,
        now=now,
        at=at,
        by=sighting.by,
        order_id=order_id,
    )
    count_station(tx, [before], seen.station, forced=seen.forced)
    return NOTHING


def count_station(
    tx: Transaction, before: Sequence[Box], to: Station | None, *, forced: bool
) -> None:
    """Count boxes of one place out of the station that they leave, and into the one they enter."""
    left = {box.custodian_id for box in before if box.custodian is Custodian.STATION}
    for station_id in left:
        stations.let_out(tx, station_id, sum(box.custodian_id == station_id for box in before))
    if to is not None:
        stations.take_in(tx, to, len(before), forced=forced)


def _home(seen: Seen, now: datetime, reward_points: Points) -> Homecoming:
    sighting, box = seen.sighting, seen.box
    claims = bring.claims_of(box, min(sighting.at, now))
    returner_id = rules.who_earns(
        claims,
        claim_id=sighting.claim_id,
        returned_by=sighting.returned_by,
        holder_id=box.holder_id,
    )
    community_id = seen.station.community_id if seen.station else box.community_id
    return Homecoming(
        source_id=sighting.scan_id,
        place=sighting.place,
        by=sighting.by,
        at=min(sighting.at, now),
        now=now,
        returner_id=None if returner_id == sighting.by else returner_id,
        community_id=community_id,
        programme=bring.programme_of(community_id),
        reward_points=reward_points,
        station=seen.station,
        forced=seen.forced,
        confirms=bring.claim_of(claims, returner_id),
    )


def keep_later(tx: Transaction, box: Box, told_as: str, now: datetime) -> None:
    """
    A box is told to have gone out before it was last seen: that sight is looked at again, for it
    was the return.
    """
    seen_at = parse_instant(box.seen_at)
    sighting = Sighting(f"{told_as}/seen", box.box_id, box.place, seen_at, "books")
    keep(tx, Seen(box, sighting, "held", None, forced=True, returning=True), now)


def keep(tx: Transaction, seen: Seen, now: datetime) -> None:
    """Keep a sight that moves nothing in the history of its box; the first word stands."""
    sighting = seen.sighting
    row = SightRow(
        box_key(seen.box.box_id),
        f"{SIGHT}{sighting.scan_id}",
        fate=seen.fate,
        went_to=sighting.place.kind.value,
        went_to_id=sighting.place.id,
        stood_with=seen.box.custodian.value,
        at=rfc3339(now),
        seen_at=rfc3339(sighting.at),
        by=sighting.by,
        claim_id=sighting.claim_id,
        returned_by=sighting.returned_by,
        returning=seen.returning,
        community_id=seen.box.community_id,
    )
    if seen.fate == "held":
        row.due_mark = due_mark("held", seen.box.box_id)
        row.due_at = rfc3339(now + LOOK_AGAIN)
    tx.put(row)
