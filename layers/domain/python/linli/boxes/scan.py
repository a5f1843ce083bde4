"""Staff's scans: a keeper or a courier says where a box is, perhaps hours after seeing it."""

from datetime import datetime

from linli.boxes import bring, rewards, sight, stations
from linli.boxes.model import (
    Box,
    Custodian,
    Place,
    Scan,
    Scanned,
    Scans,
    ScansTold,
    ScanTold,
    Sighting,
)
from linli.boxes.refusals import BoxElsewhere, BoxMoved, BoxNotClean, UnknownClaim
from linli.boxes.rows import BOX, SCAN, BoxRow, ScanRow, box_key, box_of, scan_key
from linli.boxes.sight import Seen
from linli.credit import Points
from linli.kernel import reads
from linli.kernel.errors import (
    AlreadyDone,
    Contended,
    Forbidden,
    IdReused,
    Invalid,
    NotFound,
    Refused,
)
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import fingerprint
from linli.kernel.transact import transaction

_ATTEMPTS = 6
_RETRY = (AlreadyDone, BoxMoved, stations.StationFilled, rewards.ReturnsMoved)


def scan(command: Scan, *, caller: Caller, now: datetime, reward_points: Points) -> Scanned:
    """
    Take in a scan. It moves the box if it is newer than what is known and follows from it; a
    resident's box that comes home by it is returned, with all that belongs to that. Sending it
    again answers the same.

    Raises:
        NotFound: There is no such box, or the caller has nothing to say at that place.
        Invalid: The place is not named well.
        Forbidden: A keeper names themselves as who returned the box, or says that a courier took it
            from a resident.
        FromTheFuture, TooOld: The scanner's clock cannot be right.
        RetiredBox: The box is out of use.
        BoxNotClean: It is packed for an order unwashed.
        BoxElsewhere: Another store has it: none gives up, or retires, what it does not have.
        UnknownStation, StationFull, UnknownClaim: See `change_hands.take_back`.
        IdReused: The id was used for something else.
        Contended: The box kept moving; nothing was written.
    """
    place = place_of(command, caller)
    if command.returned_by == caller.subject:
        raise Forbidden("nobody confirms their own return")
    for _ in range(_ATTEMPTS):
        try:
            return _attempt(command, place, caller, now, reward_points)
        except _RETRY:
            continue
    raise Contended("the box keeps moving")


def scan_all(command: Scans, *, caller: Caller, now: datetime, reward_points: Points) -> ScansTold:
    """
    Take in several scans, one after the other, each by itself: one's refusal is told and keeps
    none of the others from counting.
    """
    told = []
    for each in command.scans:
        try:
            done = scan(each, caller=caller, now=now, reward_points=reward_points)
            told.append(ScanTold(id=each.id, scanned=done))
        except Refused as refusal:
            told.append(ScanTold(id=each.id, code=refusal.code))
    return ScansTold(scans=told)


def _attempt(
    command: Scan, place: Place, caller: Caller, now: datetime, reward_points: Points
) -> Scanned:
    digest = fingerprint(command, by=caller.subject)
    key = scan_key(str(command.id))
    found = reads.batch([(BoxRow, box_key(command.box_id), BOX), (ScanRow, key, SCAN)])
    if done := found.get(ScanRow, key, SCAN):
        if done.fingerprint != digest:
            raise IdReused
        return Scanned.model_validate_json(done.body)
    sight.check_time(command.at, now)
    row = found.get(BoxRow, box_key(command.box_id), BOX)
    if row is None:
        raise NotFound
    seen = sight.look(box_of(row), _sighting(command, place, caller), now=now)
    _check(seen, command.store_id)
    seen = sight.found(seen, now)
    with transaction() as tx:
        brought = sight.write(tx, seen, now=now, reward_points=reward_points)
        told = Scanned(
            id=command.id,
            fate=seen.fate,
            refund_fen=brought.refund_fen,
            reward_points=brought.earned.points,
            coupons=brought.earned.coupons,
        )
        done = ScanRow(key, SCAN, fingerprint=digest, body=told.model_dump_json())
        tx.put(done, condition=ScanRow.pk.does_not_exist(), refusal=AlreadyDone())
    return told


def _sighting(command: Scan, place: Place, caller: Caller) -> Sighting:
    return Sighting(
        scan_id=str(command.id),
        box_id=command.box_id,
        place=place,
        at=command.at,
        by=caller.subject,
        claim_id=str(command.claim_id) if command.claim_id else None,
        returned_by=command.returned_by,
    )


def _check(seen: Seen, store_id: str | None) -> None:
    if seen.fate != "applied":
        return
    place, by = seen.sighting.place, seen.sighting.by
    if place.kind in (Custodian.LOST, Custodian.RETIRED) and not _has(seen.box, store_id):
        raise BoxElsewhere
    if seen.box.is_out and place.kind is Custodian.COURIER and place.id != by:
        raise Forbidden("a courier tells by themselves what they took")
    if seen.sighting.place.kind is Custodian.ORDER and not seen.box.clean:
        raise BoxNotClean
    check_claim(seen.box, seen.sighting)


def _has(box: Box, store_id: str | None) -> bool:
    """
    Whether a store may give a box up, which is no sight of it: it stands there, in a station of
    its own, or on the way from a store that took it into use.
    """
    if box.custodian is Custodian.STATION:
        return stations.station(box.custodian_id).store_id == store_id
    if box.custodian is Custodian.STORE:
        return box.custodian_id == store_id
    return store_id in (box.custodian_id, box.registered_at_store)


def check_claim(box: Box, sighting: Sighting) -> None:
    """
    Refuse an announcement that is none of this box and cycle.

    Raises:
        UnknownClaim
    """
    if sighting.claim_id is None:
        return
    if sighting.claim_id not in [c.return_id for c in bring.claims_of(box, sighting.at)]:
        raise UnknownClaim


def place_of(command: Scan, caller: Caller) -> Place:
    """
    Where the box is, if the caller may say so: couriers have it themselves, or put it into a
    station of theirs; a store's keepers have it, pack it, send it to be washed, miss it, hand it
    to a courier or retire it; and they empty their stations.

    Raises:
        NotFound, Invalid, UnknownStation
    """
    kind, named = Custodian(command.place.kind), command.place.id
    if kind is Custodian.STATION:
        return _station(named, caller)
    if command.store_id is not None:
        caller.require(command.store_id, Role.STORE)
        return _keepers(kind, named, command.store_id)
    if Role.COURIER in caller.roles and kind is Custodian.COURIER:
        if named not in (None, caller.subject):
            raise NotFound
        return Place(kind, caller.subject)
    if Role.STORE in caller.roles:
        raise Invalid("say which store scans")
    raise NotFound


def _station(named: str | None, caller: Caller) -> Place:
    if named is None:
        raise Invalid("name the station")
    at = stations.station(named)
    keeper = caller.holds(Role.STORE, at.store_id)
    if not keeper and not caller.holds(Role.COURIER, at.community_id):
        raise NotFound
    return Place(Custodian.STATION, named)


def _keepers(kind: Custodian, named: str | None, store_id: str) -> Place:
    if kind is Custodian.STORE and named not in (None, store_id):
        raise NotFound
    if kind in (Custodian.ORDER, Custodian.COURIER) and named is None:
        raise Invalid("name the order, or the courier")
    return Place(kind, named or store_id)
