"""
What taking boxes back writes, whoever does it: custody, the refunds, and the rewards on top.

Rewards are one grant, because a transaction touches an item once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from linli import catalogue, credit
from linli.boxes import deposits, rewards, rules, stations
from linli.boxes.model import Box, Custodian, Place, id_of_moment
from linli.boxes.rewards import Earned
from linli.boxes.rows import (
    RETURN,
    ClaimRow,
    ReturnRow,
    box_key,
    claim_key,
    put_box,
    put_move,
    return_key,
)
from linli.boxes.rules import Claim
from linli.boxes.stations import Station
from linli.catalogue.packaging import Packaging
from linli.credit import Done, Fen, Points
from linli.kernel import reads
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction


@dataclass(frozen=True, slots=True)
class Homecoming:
    """
    Boxes that come back together: to where, under which id, and by whose hands.

    `station` is set if the place is one; `forced`: the box is in it already, room or not.
    `reward_points` is what the deployment gives for a return where the programme says nothing.
    """

    source_id: str
    place: Place
    by: str
    at: datetime
    now: datetime
    returner_id: str | None
    community_id: str
    programme: Packaging
    reward_points: Points
    station: Station | None = None
    forced: bool = False
    confirms: str | None = None
    """The announcement of who earns, if they made one."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a homecoming did."""

    refund_fen: int
    earned: Earned


def bring_back(tx: Transaction, boxes: Sequence[Box], home: Homecoming) -> Brought:
    """
    Take boxes back, each of which a resident has, or had lost and restored.

    Raises, when `tx` commits:
        BoxMoved: One of them changed hands at the same moment.
        StationFilled, ReturnsMoved: Look again.
    """
    for box in boxes:
        after = rules.moved(box, home.place, home.at)
        put_move(tx, box, after, move_id=home.source_id, now=home.now, at=home.at, by=home.by)
    refund_fen = deposits.give_back(tx, boxes, source_id=home.source_id, now=home.now)
    earned = _reward(tx, boxes, home)
    if home.station is not None:
        stations.take_in(tx, home.station, len(boxes), forced=home.forced)
    if home.confirms is not None:
        _confirm(tx, home.confirms, refund_fen, earned, home.now)
    return Brought(refund_fen, earned)


def _confirm(
    tx: Transaction, return_id: str, refund_fen: int, earned: Earned, now: datetime
) -> None:
    """Tell who announced the return what came of it; whose deposit it was is not their matter."""
    outcome = {
        "state": "returned",
        "refund_fen": refund_fen,
        "reward_points": earned.points,
        "coupons": earned.coupons,
        "returned_at": rfc3339(now),
    }
    row = ReturnRow(return_key(return_id), RETURN)
    tx.update(row, [ReturnRow.outcome.set(json.dumps(outcome))])


def claim_of(claims: Sequence[Claim], resident_id: str | None) -> str | None:
    """The announcement of a person among several, if they made one."""
    mine = [claim.return_id for claim in claims if claim.resident_id == resident_id]
    return mine[0] if mine else None


def _reward(tx: Transaction, boxes: Sequence[Box], home: Homecoming) -> Earned:
    if home.returner_id is None:
        return Earned()
    others = {box.holder_id for box in boxes} - {home.returner_id}
    own = home.programme.reward_points
    return rewards.earn(
        tx,
        source_id=home.source_id,
        resident_id=home.returner_id,
        boxes=len(boxes),
        points_each=home.reward_points if own is None else own,
        programme=home.programme,
        done=Done(home.community_id, others.pop() if len(others) == 1 else None),
        by=home.by,
        now=home.now,
    )


def claims_of(box: Box, at: datetime) -> list[Claim]:
    """The announcements of a box's present cycle that still stand at that moment."""
    rows = reads.query(ClaimRow, box_key(box.box_id), ClaimRow.sk.startswith(claim_key(box.cycle)))
    claims = [Claim(row.return_id, row.resident_id, row.at) for row in rows]
    return [claim for claim in claims if rules.valid(claim, at)]


def programme_of(community_id: str) -> Packaging:
    """The packaging programme of a community, as it is now or up to a minute ago."""
    return catalogue.community(community_id).packaging


def station_of(place: Place) -> Station | None:
    """
    The station that a place is, if it is one.

    Raises:
        UnknownStation: There is no such station.
    """
    return stations.station(place.id) if place.kind is Custodian.STATION else None


def owed_again(box: Box, now: datetime) -> Box:
    """
    The box with its deposit owed again if it had been converted: a reversal of its own, so that
    what follows is a return like any other. Done again, it changes nothing.
    """
    if not box.converted_fen:
        return box
    assert box.holder_id is not None
    after = rules.restored(box)
    with transaction() as tx:
        put_box(tx, box, after)
        credit.restore_deposit(
            tx,
            transfer_id=f"{id_of_moment(now, box.box_id)}/found",
            resident_id=box.holder_id,
            fen=Fen(box.converted_fen),
            now=now,
        )
    return after
