"""I8 and I9, devices: no message vanished half-way, and no device's clock moved ours."""

from collections.abc import Iterator, Mapping
from typing import Final

from linli.audit.model import Finding, Note
from linli.incidents.audit import IncidentRecord
from linli.kernel.time import rfc3339
from linli.sensing.audit import Kept, Measured, ThingRecord

DEAD_LETTERS: Final = Note(
    "Told by tables alone: what lies in the dead-letter queues is not in them, look there too",
    "仅凭数据表判断：死信队列中的消息不在表内，请另行查看队列",
)


def messages(measured: Measured, incidents: Mapping[str, IncidentRecord]) -> Iterator[Finding]:
    """I8: readings are kept whole with their latest and incident; what is not is quarantined."""
    for thing, record in measured.things.items():
        yield from _of_thing(thing, record)
    for message in measured.quarantined:
        if not message.known_reason:
            what = f"quarantined for no known reason: {message.reason}"
            yield Finding(message.key, what, message)
        if not message.whole:
            yield Finding(message.key, "of a quarantined message something is missing", message)
    for incident in incidents.values():
        reading = _opening(incident, measured.things)
        for what in _of_incident(incident, reading):
            yield Finding(incident.incident_id, what, (incident, reading))


def _of_thing(thing: str, record: ThingRecord) -> Iterator[Finding]:
    for order, kept in record.readings.items():
        if kept.order != order:
            yield Finding(f"{thing}/{order}", f"it calls itself {kept.order}", kept)
    for kind in record.kinds:
        newest, latest = record.newest(kind), record.latest.get(kind)
        for what in _of_latest(newest, latest):
            yield Finding(f"{thing}/{kind}", what, (newest, latest))


def times(measured: Measured, incidents: Mapping[str, IncidentRecord]) -> Iterator[Finding]:
    """
    I9: both clocks stand beside each reading, within the limits of the present deployment; the
    latest never goes back; an incident opened when its reading came in, by our clock.
    """
    for thing, record in measured.things.items():
        for prefix, kept in _rows(record):
            if fault := kept.clock_fault:
                yield Finding(f"{thing}/{prefix}{kept.key}", fault, kept)
        for kind, latest in record.latest.items():
            newest = record.newest(kind)
            if newest and (latest.order or "") < newest.key:
                what = f"the latest is {latest.order}, older than {newest.key}"
                yield Finding(f"{thing}/{kind}", what, (latest, newest))
    for incident in incidents.values():
        reading, told = _opening(incident, measured.things), incident.incident
        if reading and told and rfc3339(told.opened_at) != reading.recorded_at:
            what = f"opened at {rfc3339(told.opened_at)}, its reading came at {reading.recorded_at}"
            yield Finding(incident.incident_id, what, (incident, reading))


def _rows(record: ThingRecord) -> Iterator[tuple[str, Kept]]:
    for kept in record.readings.values():
        yield "reading ", kept
    for kept in record.latest.values():
        yield "latest ", kept


def _of_latest(newest: Kept | None, latest: Kept | None) -> Iterator[str]:
    if newest is None:
        yield "a latest reading that was never kept"
    elif latest is None:
        yield "readings were kept, none is the latest"
    elif latest.told != newest.told:
        yield f"the latest is not as its reading {newest.key} tells"


def _opening(incident: IncidentRecord, things: Mapping[str, ThingRecord]) -> Kept | None:
    told = incident.incident
    if told is None or told.thing not in things:
        return None
    return things[told.thing].readings.get(incident.order)


def _of_incident(incident: IncidentRecord, reading: Kept | None) -> Iterator[str]:
    told = incident.incident
    if told is None:
        yield "an incident that cannot be read, or does not exist"
        return
    if incident.state != told.state or incident.markers != incident.due_markers:
        yield f"it is {told.state}; its row says {incident.state}, {len(incident.markers)} markers"
    if reading is None:
        yield "the reading that opened it is gone"
        return
    opened_by = told.kind, told.value_milli, told.store_id, rfc3339(told.measured_at)
    if opened_by != (reading.kind, reading.value_milli, reading.store_id, reading.device_at):
        yield "its reading tells something else"
    if told.value_milli <= told.limit_milli:
        yield "it opened without being over its limit"
