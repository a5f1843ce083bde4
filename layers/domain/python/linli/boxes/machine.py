"""Take in one message of a return machine: acted upon once, or quarantined; never lost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from linli.boxes import bring, recycle, rewards, sight, stations
from linli.boxes.machine_model import BoxPutIn, Reason, ReturnArrival, WeighedIn, understand
from linli.boxes.machine_model import source_fault as fault_of_source
from linli.boxes.machine_rows import MessageRow, QuarantineRow, message_key, quarantine_key
from linli.boxes.model import Box, Custodian, Place, Sighting
from linli.boxes.recycle import HandedIn, UnknownMaterial
from linli.boxes.refusals import BoxMoved, FromTheFuture, RetiredBox, TooOld, UnknownClaim
from linli.boxes.register import find
from linli.boxes.station_rows import MACHINE, MachineRow, machine_key
from linli.credit import Points
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import Transaction, transaction

_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a message: `late` and `held` are a box's history and moved nothing yet."""

    fate: Literal["applied", "same", "late", "held", "weighed", "duplicate", "quarantined"]
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Message:
    arrival: ReturnArrival
    said: BoxPutIn | WeighedIn
    station_id: str
    now: datetime
    reward_points: Points

    @property
    def told_as(self) -> str:
        return str(self.said.told_as(self.arrival.thing))


class _Quarantined(Exception):
    """The message cannot be true; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def take_in(arrival: ReturnArrival, *, now: datetime, reward_points: Points) -> TakenIn:
    """
    Act upon a machine's message: a box put in is a sight of it at the machine's station, a weight
    earns its points. The same message again changes nothing; another under the same (boot, seq)
    is quarantined, as is whatever cannot be true.

    Raises:
        Contended: The items were busy at every attempt; nothing was written.
    """
    try:
        message = _checked(arrival, now, reward_points)
        for _ in range(_ATTEMPTS):
            try:
                return _act(message)
            except (AlreadyDone, BoxMoved, stations.StationFilled, rewards.ReturnsMoved):
                continue
    except _Quarantined as fault:
        return _quarantine(arrival, fault.reason, now)
    raise Contended("the box, or its people, keep moving")


def _checked(arrival: ReturnArrival, now: datetime, reward_points: Points) -> _Message:
    if reason := fault_of_source(arrival):
        raise _Quarantined(reason)
    said = understand(arrival)
    if said is None:
        raise _Quarantined("malformed")
    machine = reads.get(MachineRow, machine_key(arrival.thing), MACHINE)
    if machine is None:
        raise _Quarantined("unknown_machine")
    if machine.store_id != arrival.store_id:
        raise _Quarantined("not_own_store")
    return _Message(arrival, said, machine.station_id, now, reward_points)


def _act(message: _Message) -> TakenIn:
    arrival, said = message.arrival, message.said
    kept = reads.get(MessageRow, machine_key(arrival.thing), message_key(said.order))
    if kept is not None:
        if kept.digest != arrival.digest:
            raise _Quarantined("contradicts")
        return TakenIn("duplicate")
    try:
        sight.check_time(said.at, message.now)
    except FromTheFuture:
        raise _Quarantined("from_the_future") from None
    except TooOld:
        raise _Quarantined("too_old") from None
    return _box(message, said) if isinstance(said, BoxPutIn) else _weight(message, said)


def _box(message: _Message, said: BoxPutIn) -> TakenIn:
    box = find(said.box_id)
    if box is None:
        raise _Quarantined("unknown_box")
    sighting = Sighting(
        scan_id=message.told_as,
        box_id=said.box_id,
        place=Place(Custodian.STATION, message.station_id),
        at=said.at,
        by=message.arrival.thing,
        claim_id=_claim(box, said),
    )
    try:
        # The box is in the machine already, whether there is room in the books or not.
        seen = sight.look(box, sighting, now=message.now, returning=True, forced=True)
    except RetiredBox:
        raise _Quarantined("retired_box") from None
    seen = sight.found(seen, message.now)
    with transaction() as tx:
        sight.write(tx, seen, now=message.now, reward_points=message.reward_points)
        _keep(tx, message)
    return TakenIn(seen.fate)


def _claim(box: Box, said: BoxPutIn) -> str | None:
    """The shown announcement, if it is one of this box: a wrong one must not cost the refund."""
    shown = None if said.claim is None else str(said.claim)
    known = [claim.return_id for claim in bring.claims_of(box, said.at)]
    return shown if shown in known else None


def _weight(message: _Message, said: WeighedIn) -> TakenIn:
    if said.claim is None:
        raise _Quarantined("unknown_claim")
    at = stations.station(message.station_id)
    try:
        with transaction() as tx:
            resident_id = recycle.take_claim(tx, str(said.claim), said.material, message.now)
            points = recycle.weigh(
                tx,
                source_id=message.told_as,
                resident_id=resident_id,
                material=said.material,
                grams=said.grams,
                community_id=at.community_id,
                by=message.arrival.thing,
                now=message.now,
            )
            told = HandedIn(
                id=said.told_as(message.arrival.thing),
                state="weighed",
                material=said.material,
                grams=said.grams,
                points=points,
            )
            recycle.put_hand_in(tx, told, resident_id, message.arrival.digest, message.now)
            _keep(tx, message)
    except UnknownClaim:
        return _unclaimed(message)
    except UnknownMaterial:
        raise _Quarantined("unknown_material") from None
    return TakenIn("weighed")


def _unclaimed(message: _Message) -> TakenIn:
    """Its announcement is used up: by this very message, if its answer was lost."""
    order = message_key(message.said.order)
    if reads.get(MessageRow, machine_key(message.arrival.thing), order) is not None:
        raise AlreadyDone
    raise _Quarantined("unknown_claim")


def _keep(tx: Transaction, message: _Message) -> None:
    row = MessageRow(
        machine_key(message.arrival.thing),
        message_key(message.said.order),
        digest=message.arrival.digest,
        kind=message.arrival.kind,
        told=message.told_as,
        device_at=rfc3339(message.said.at),
        received_at_ms=message.arrival.received_at_ms,
        recorded_at=rfc3339(message.now),
    )
    tx.put(row, condition=MessageRow.pk.does_not_exist(), refusal=AlreadyDone())


def _quarantine(arrival: ReturnArrival, reason: Reason, now: datetime) -> TakenIn:
    """Keep the whole message under its own digest, so that a repeat of it is the same row."""
    row = QuarantineRow(
        quarantine_key(arrival.store_id, local_date(now).isoformat()),
        arrival.digest,
        reason=reason,
        thing=arrival.thing,
        kind=arrival.kind,
        client_id=arrival.client_id,
        payload=arrival.payload,
        received_at_ms=arrival.received_at_ms,
        recorded_at=rfc3339(now),
    )
    with transaction() as tx:
        tx.put(row)
    return TakenIn("quarantined", reason)
