"""Take in one message of a device: kept once, or quarantined with its reason; never lost."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from linli import catalogue, incidents
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended
from linli.kernel.time import local_date, parse_instant, rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.sensing.limits import KINDS
from linli.sensing.model import Arrival, Latest, Reading
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


def ingest(arrival: Arrival, now: datetime) -> Outcome:
    """
    Keep the reading of `arrival`, move the thing's latest forward and open an incident if due.

    One read batch and one transaction. The same message again changes nothing; another reading
    under the same (boot, seq) is quarantined.

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
    return _keep(arrival, reading, store.community_id, now)


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


def _keep(arrival: Arrival, reading: Reading, community_id: str, now: datetime) -> Outcome:
    digest = _digest(arrival.kind, reading.model_dump_json())
    limit_milli = KINDS[arrival.kind].limit_for(None)
    for _ in range(_ATTEMPTS):
        seen = _seen(arrival, reading, community_id)
        decision = decide(reading, digest, limit_milli, seen, now)
        if decision.fate == "duplicate":
            return Outcome("duplicate")
        if decision.fate == "contradiction":
            return _quarantine(arrival, "contradicts", now)
        incident = _incident(arrival, reading, community_id, now) if decision.alarm else None
        try:
            _write(arrival, reading, decision, seen.newest, incident, digest, now)
        except (_Moved, AlreadyDone):
            continue
        fate: Literal["kept", "late"] = "kept" if decision.newest else "late"
        return Outcome(fate, incident_id=incident.id if incident else None)
    raise Contended("the thing's latest reading keeps moving")


def _seen(arrival: Arrival, reading: Reading, community_id: str) -> Seen:
    pk = thing_key(arrival.thing)
    open_key = incidents.open_key(community_id, arrival.thing, arrival.kind)
    found = reads.batch(
        [
            (ReadingRow, pk, reading_key(reading.order)),
            (ReadingRow, pk, latest_key(arrival.kind)),
            open_key,
        ]
    )
    kept = found.get(ReadingRow, pk, reading_key(reading.order))
    newest = found.get(ReadingRow, pk, latest_key(arrival.kind))
    return Seen(
        digest=kept.digest if kept else None,
        newest=newest.order if newest else None,
        incident_open=found.get(*open_key) is not None,
    )


def _write(
    arrival: Arrival,
    reading: Reading,
    decision: Decision,
    newest: str | None,
    incident: incidents.Incident | None,
    digest: str,
    now: datetime,
) -> None:
    with transaction() as tx:
        row = _row(arrival, reading, digest, reading_key(reading.order), now)
        tx.put(row, condition=ReadingRow.pk.does_not_exist(), refusal=AlreadyDone())
        if decision.newest:
            _move_latest(tx, _row(arrival, reading, digest, latest_key(arrival.kind), now), newest)
        if incident:
            incidents.open_in(tx, incident, refusal=_Moved())


def _move_latest(tx: Transaction, row: ReadingRow, newest: str | None) -> None:
    unmoved = ReadingRow.pk.does_not_exist() if newest is None else ReadingRow.order == newest
    tx.put(row, condition=unmoved, refusal=_Moved())


def _row(arrival: Arrival, reading: Reading, digest: str, sk: str, now: datetime) -> ReadingRow:
    return ReadingRow(
        thing_key(arrival.thing),
        sk,
        kind=arrival.kind,
        store_id=arrival.store_id,
        order=reading.order,
        value_milli=reading.milli,
        device_at=rfc3339(reading.at),
        received_at_ms=arrival.received_at_ms,
        recorded_at=rfc3339(now),
        digest=digest,
    )


def _incident(
    arrival: Arrival, reading: Reading, community_id: str, now: datetime
) -> incidents.Incident:
    kind = KINDS[arrival.kind]
    return incidents.Incident(
        id=incidents.id_of(community_id, arrival.thing, arrival.kind, reading.at, reading.order),
        community_id=community_id,
        store_id=arrival.store_id,
        thing=arrival.thing,
        kind=arrival.kind,
        value_milli=reading.milli,
        limit_milli=kind.limit_for(None),
        unit=kind.unit,
        measured_at=reading.at,
        opened_at=now,
    )


def _quarantine(arrival: Arrival, reason: Reason, now: datetime) -> Outcome:
    """Keep the whole message under its own digest, so that a repeat of it is the same row."""
    digest = _digest(arrival.thing, arrival.kind, arrival.client_id, arrival.payload)
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


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
