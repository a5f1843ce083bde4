"""Take in one message of a device: kept once, or quarantined with its reason; never lost."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from linli import catalogue, incidents
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended
from linli.kernel.time import local_date, parse_instant, rfc3339
from linli.kernel.transact import transaction
from linli.sensing.limits import KINDS
from linli.sensing.model import Arrival, Latest, PutSensor, Reading
from linli.sensing.register import sensor_in, sensor_key
from linli.sensing.rows import (
    QuarantineRow,
    ReadingRow,
    latest_key,
    quarantine_key,
    reading_key,
    thing_key,
)
from linli.sensing.rules import Decision, Reason, Seen, decide, fault_of, source_of, understand

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message."""

    fate: Literal["kept", "late", "duplicate", "quarantined"]
    reason: Reason | None = None
    incident_id: str | None = None


class _Moved(Contended):
    """The thing's latest reading or open incident changed since it was read."""


@dataclass(frozen=True, slots=True)
class _Sound:
    """A message whose reading may be kept."""

    arrival: Arrival
    reading: Reading
    community_id: str
    now: datetime

    @property
    def digest(self) -> str:
        """Of what is told: the kind and the reading."""
        return _digest(self.arrival.kind, self.reading.model_dump_json())

    @property
    def keys(self) -> list[reads.Key]:
        """All that the decision looks at."""
        pk = thing_key(self.arrival.thing)
        return [
            (ReadingRow, pk, reading_key(self.reading.order)),
            (ReadingRow, pk, latest_key(self.arrival.kind)),
            sensor_key(self.arrival.thing),
            self.open_key,
        ]

    @property
    def open_key(self) -> reads.Key:
        """Whether the thing has an open incident."""
        return incidents.open_key(self.community_id, self.arrival.thing, self.arrival.kind)


def ingest(arrival: Arrival, now: datetime) -> Outcome:
    """
    Keep the reading of `arrival`, move the thing's latest forward and open an incident if due.

    One look-up of the store, one read batch and one transaction. The same message again changes
    nothing; another reading under the same (boot, seq) is quarantined.

    Raises:
        Contended: The items were busy at every attempt; nothing was written.
    """
    reading = understand(arrival.content)
    reason = source_of(arrival) or ("malformed" if reading is None else None)
    if reading is None or reason:
        return _quarantine(arrival, reason or "malformed", now)
    store = catalogue.store(arrival.store_id)
    if store is None:
        return _quarantine(arrival, "unknown_store", now)
    fault = fault_of(reading, KINDS[arrival.kind], now)
    if fault:
        return _quarantine(arrival, fault, now)
    return _keep(_Sound(arrival, reading, store.community_id, now))


def latest(thing: str, kind: str) -> Latest | None:
    """The newest reading of a thing and kind, by its own order."""
    row = reads.get(ReadingRow, thing_key(thing), latest_key(kind))
    if row is None:
        return None
    return Latest(
        thing,
        kind,
        row.order,
        int(row.value_milli),
        parse_instant(row.device_at),
        parse_instant(row.recorded_at),
    )


def _keep(sound: _Sound) -> Outcome:
    arrival = sound.arrival
    for _ in range(_ATTEMPTS):
        found = reads.batch(sound.keys)
        sensor = sensor_in(found, arrival.thing) or PutSensor(store_id=arrival.store_id)
        if sensor.store_id != arrival.store_id:
            return _quarantine(arrival, "not_own_store", sound.now)
        limit_milli, seen = sensor.limit_milli(arrival.kind), _seen(sound, found)
        decision = decide(sound.reading, sound.digest, limit_milli, seen, sound.now)
        if decision.fate == "duplicate":
            return Outcome("duplicate")
        if decision.fate == "contradiction":
            return _quarantine(arrival, "contradicts", sound.now)
        incident = _incident(sound, limit_milli) if decision.alarm else None
        try:
            _write(sound, decision, seen.newest, incident)
        except (_Moved, AlreadyDone):
            continue
        fate: Literal["kept", "late"] = "kept" if decision.newest else "late"
        return Outcome(fate, incident_id=incident.id if incident else None)
    raise Contended("the thing's latest reading keeps moving")


def _seen(sound: _Sound, found: reads.Found) -> Seen:
    pk = thing_key(sound.arrival.thing)
    kept = found.get(ReadingRow, pk, reading_key(sound.reading.order))
    newest = found.get(ReadingRow, pk, latest_key(sound.arrival.kind))
    return Seen(
        digest=kept.digest if kept else None,
        newest=newest.order if newest else None,
        incident_open=found.get(*sound.open_key) is not None,
    )


def _write(
    sound: _Sound, decision: Decision, newest: str | None, incident: incidents.Incident | None
) -> None:
    with transaction() as tx:
        row = _row(sound, reading_key(sound.reading.order))
        tx.put(row, condition=ReadingRow.pk.does_not_exist(), refusal=AlreadyDone())
        if decision.newest:
            unmoved = (
                ReadingRow.pk.does_not_exist() if newest is None else ReadingRow.order == newest
            )
            row = _row(sound, latest_key(sound.arrival.kind))
            tx.put(row, condition=unmoved, refusal=_Moved())
        if incident:
            incidents.open_in(tx, incident, refusal=_Moved())


def _row(sound: _Sound, sk: str) -> ReadingRow:
    arrival, reading = sound.arrival, sound.reading
    return ReadingRow(
        thing_key(arrival.thing),
        sk,
        kind=arrival.kind,
        store_id=arrival.store_id,
        order=reading.order,
        value_milli=reading.milli,
        device_at=rfc3339(reading.at),
        received_at_ms=arrival.received_at_ms,
        recorded_at=rfc3339(sound.now),
        digest=sound.digest,
    )


def _incident(sound: _Sound, limit_milli: int) -> incidents.Incident:
    arrival, reading = sound.arrival, sound.reading
    return incidents.Incident(
        id=incidents.id_of(
            sound.community_id, arrival.thing, arrival.kind, reading.at, reading.order
        ),
        community_id=sound.community_id,
        store_id=arrival.store_id,
        thing=arrival.thing,
        kind=arrival.kind,
        value_milli=reading.milli,
        limit_milli=limit_milli,
        unit=KINDS[arrival.kind].unit,
        measured_at=reading.at,
        opened_at=sound.now,
    )


def _quarantine(arrival: Arrival, reason: Reason, now: datetime) -> Outcome:
    """Keep the whole message under its own digest, so that a repeat of it is the same row."""
    digest = message_digest(arrival.thing, arrival.kind, arrival.client_id, arrival.payload)
    row = QuarantineRow(
        quarantine_key(arrival.store_id, local_date(now).isoformat()),
        digest,
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
    return Outcome("quarantined", reason)


def message_digest(thing: str, kind: str, client_id: str, payload: str) -> str:
    """What a quarantined message is known by: all that was told of it, and by whom."""
    return _digest(thing, kind, client_id, payload)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
