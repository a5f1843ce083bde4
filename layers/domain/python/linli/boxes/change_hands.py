"""A box goes out with an order, and comes back to a store or a station."""

from datetime import datetime

from linli import catalogue
from linli.boxes import bring, rewards, rules, sight, stations
from linli.boxes.bring import Homecoming
from linli.boxes.model import Box, Custodian, Place, ReturnBox, Returned
from linli.boxes.refusals import BoxMoved, UnknownClaim, UnknownStore
from linli.boxes.register import find
from linli.boxes.rows import (
    BOX,
    RETURN,
    BoxRow,
    ClaimRow,
    ReturnRow,
    box_key,
    box_of,
    claim_key,
    put_move,
    return_key,
)
from linli.credit import Fen, Points
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, Forbidden, IdReused, Invalid, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction

_ATTEMPTS = 6


def hand_over(
    tx: Transaction,
    *,
    box_id: str,
    order_id: str,
    resident_id: str,
    deposit_transfer_id: str | None,
    deposit_fen: Fen,
    now: datetime,
    at: datetime | None = None,
    by: str | None = None,
) -> None:
    """
    Give a box to the resident of an order, in the transaction that delivers it.

    `deposit_fen` is this box's part of the deposit that the same transaction posts: it is what
    the return will refund, whatever the deposit of new orders is by then; none needs no transfer.
    `at` is the courier's clock, if the delivery was told later than it was made.

    Raises, here or when `tx` commits:
        NotFound: There is no such box.
        BoxNotInStore, BoxNotClean, RetiredBox: It cannot be handed over.
        BoxMoved: It changed hands at the same moment.
    """
    box = find(box_id)
    if box is None:
        raise NotFound
    assert deposit_transfer_id or not deposit_fen, "a deposit has a transfer"
    seen = min(at or now, now)
    after = rules.hand_over(
        box, resident_id, deposit_transfer_id, deposit_fen, order_id=order_id, at=seen
    )
    move_id = f"{order_id}/out"
    put_move(tx, box, after, move_id=move_id, now=now, at=seen, by=by, order_id=order_id)
    if rfc3339(seen) < box.seen_at:
        sight.keep_later(tx, box, move_id, now)


def take_back(
    command: ReturnBox, *, caller: Caller, now: datetime, reward_points: Points
) -> Returned:
    """
    Return a box. In the hands of a store, or of a station that it keeps: custody, the refund to
    whose deposit it was and the points to who returned it, in one write under the command's id.
    By a resident: announced, and nothing else, until somebody has the box in hand. Sending it
    again answers the same; a refusal is not recorded, for it changed nothing and may have passed
    by then.

    Raises:
        NotFound: There is no such box, or the caller is neither a resident nor that store.
        Forbidden: For another's credit by a resident; by a keeper for their own, or of a box that
            they have themselves.
        Invalid: A keeper does not say where.
        BoxNotOut, RetiredBox: It cannot be returned.
        UnknownStore, UnknownStation, UnknownClaim: There is no such thing.
        StationFull: It takes no more; those near it that do are named.
        TooManyReturns: A resident's announcements of the day are used up.
        IdReused: The id was used for another return.
        Contended: The items were busy at every attempt; nothing was written.
    """
    place = _place(command, caller)
    for _ in range(_ATTEMPTS):
        try:
            return _attempt(command, place, caller, now, reward_points)
        except (AlreadyDone, BoxMoved, stations.StationFilled, rewards.ReturnsMoved):
            continue  # A resend, or another return, was faster: see which.
    raise Contended("the box, or its people, keep moving")


def _attempt(
    command: ReturnBox, place: Place | None, caller: Caller, now: datetime, reward_points: Points
) -> Returned:
    digest = fingerprint(command, by=caller.subject)
    found = reads.batch(
        [(BoxRow, box_key(command.box_id), BOX), (ReturnRow, return_key(command.id), RETURN)]
    )
    if done := found.get(ReturnRow, return_key(command.id), RETURN):
        return _replay(done, digest)
    row = found.get(BoxRow, box_key(command.box_id), BOX)
    if row is None:
        raise NotFound
    box = box_of(row)
    rules.check_returnable(box)
    if place is None:
        return _announce(command, box, digest, caller, now)
    if box.holder_id == caller.subject:
        raise Forbidden("nobody confirms their own return")
    return _confirm(command, box, place, digest, caller, now, reward_points)


def _place(command: ReturnBox, caller: Caller) -> Place | None:
    """Where a keeper confirms a return; None: a resident announces one."""
    keeper = Role.STORE in caller.roles
    if keeper and command.store_id and caller.holds(Role.STORE, command.store_id):
        return _checked(Place(Custodian.STORE, command.store_id), command, caller)
    if keeper and command.station_id:
        kept_by = stations.station(command.station_id).store_id
        if caller.holds(Role.STORE, kept_by):
            return _checked(Place(Custodian.STATION, command.station_id), command, caller)
    if Role.RESIDENT not in caller.roles:
        if not command.store_id and not command.station_id:
            raise Invalid("say where the box is")
        raise NotFound
    if command.returned_by not in (None, caller.subject) or command.claim_id is not None:
        raise Forbidden("a resident returns boxes for their own credit")
    return None


def _checked(place: Place, command: ReturnBox, caller: Caller) -> Place:
    if command.returned_by == caller.subject:
        raise Forbidden("a keeper does not confirm their own return")
    return place


def _announce(command: ReturnBox, box: Box, digest: str, caller: Caller, now: datetime) -> Returned:
    """Keep a resident's word; it pays nothing and moves nothing."""
    if command.store_id is not None and catalogue.store(command.store_id) is None:
        raise UnknownStore
    if command.station_id is not None:
        stations.check_room(stations.station(command.station_id))
    told = Returned(
        id=command.id,
        state="pending",
        box_id=box.box_id,
        cycle=box.cycle,
        store_id=command.store_id,
        station_id=command.station_id,
        valid_until=rfc3339(now + rules.CLAIM_VALID),
    )
    with transaction() as tx:
        _put_return(tx, told, digest, caller.subject)
        claim = ClaimRow(
            box_key(box.box_id),
            claim_key(box.cycle, caller.subject),
            return_id=str(command.id),
            resident_id=caller.subject,
            at=rfc3339(now),
        )
        tx.put(claim)
        rewards.announce(tx, caller.subject, now)
    return told


def _confirm(
    command: ReturnBox,
    box: Box,
    place: Place,
    digest: str,
    caller: Caller,
    now: datetime,
    reward_points: Points,
) -> Returned:
    home = _homecoming(command, box, place, caller, now, reward_points)
    box = bring.owed_again(box, now)
    with transaction() as tx:
        # Decided within, so that the answer is written with what it tells.
        brought = bring.bring_back(tx, [box], home)
        told = Returned(
            id=command.id,
            state="returned",
            box_id=box.box_id,
            cycle=box.cycle,
            store_id=command.store_id,
            station_id=command.station_id,
            refund_fen=brought.refund_fen,
            reward_points=brought.earned.points,
            coupons=brought.earned.coupons,
            returned_at=rfc3339(now),
        )
        _put_return(tx, told, digest, None)
    return told


def _homecoming(
    command: ReturnBox,
    box: Box,
    place: Place,
    caller: Caller,
    now: datetime,
    reward_points: Points,
) -> Homecoming:
    station = bring.station_of(place)
    store = catalogue.store(place.id) if station is None else None
    if station is not None:
        stations.check_room(station)
    elif store is None:
        raise UnknownStore
    community_id = station.community_id if station else store.community_id if store else ""
    claims = bring.claims_of(box, now)
    shown = str(command.claim_id) if command.claim_id else None
    if shown is not None and shown not in [claim.return_id for claim in claims]:
        raise UnknownClaim
    returner_id = rules.who_earns(
        claims, claim_id=shown, returned_by=command.returned_by, holder_id=box.holder_id
    )
    return Homecoming(
        source_id=str(command.id),
        place=place,
        by=caller.subject,
        at=now,
        now=now,
        returner_id=None if returner_id == caller.subject else returner_id,
        community_id=community_id,
        programme=bring.programme_of(community_id),
        reward_points=reward_points,
        station=station,
        confirms=bring.claim_of(claims, returner_id),
    )


def _put_return(tx: Transaction, told: Returned, digest: str, resident_id: str | None) -> None:
    row = ReturnRow(
        return_key(told.id),
        RETURN,
        fingerprint=digest,
        body=told.model_dump_json(),
        resident_id=resident_id,
    )
    tx.put(row, condition=ReturnRow.pk.does_not_exist(), refusal=AlreadyDone())


def _replay(row: ReturnRow, digest: str) -> Returned:
    if row.fingerprint != digest:
        raise IdReused
    return Returned.model_validate_json(row.body)
