"""
How readings are stored, in the table READINGS.

    pk THING#{thing}                    sk READING#{boot}.{seq}     a reading, once
    pk THING#{thing}                    sk LATEST#{kind}            the newest of a kind
    pk THING#{thing}                    sk SENSOR                   where it hangs, its limits
    pk QUARANTINE#{store}#{local day}   sk {digest of the message}  what could not be trusted
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

SENSOR, READING, LATEST, QUARANTINE = "SENSOR", "READING#", "LATEST#", "QUARANTINE#"


def thing_key(thing: str) -> str:
    """The partition of a device."""
    return f"THING#{thing}"


def reading_key(order: str) -> str:
    """The sort key of a reading."""
    return f"{READING}{order}"


def latest_key(kind: str) -> str:
    """The sort key of the newest reading of a kind."""
    return f"{LATEST}{kind}"


def quarantine_key(store_id: str, on: str) -> str:
    """The partition of a store's and local day's quarantine; `on` is an ISO date."""
    return f"{QUARANTINE}{store_id}#{on}"


class ReadingRow(Row):
    """A reading; `value_milli` in thousandths of the kind's unit, instants as RFC 3339 text."""

    table = Table.READINGS
    kind = UnicodeAttribute()
    store_id = UnicodeAttribute()
    order = UnicodeAttribute()
    value_milli = NumberAttribute()
    device_at = UnicodeAttribute()
    received_at_ms = NumberAttribute()
    recorded_at = UnicodeAttribute()
    digest = UnicodeAttribute()


class SensorRow(Row):
    """A registered sensor: JSON, and the store that it belongs to."""

    table = Table.READINGS
    store_id = UnicodeAttribute()
    body = UnicodeAttribute()


class QuarantineRow(Row):
    """A message that could not be trusted: the whole of it, and why."""

    table = Table.READINGS
    reason = UnicodeAttribute()
    thing = UnicodeAttribute()
    kind = UnicodeAttribute()
    client_id = UnicodeAttribute()
    payload = UnicodeAttribute()
    received_at_ms = NumberAttribute()
    recorded_at = UnicodeAttribute()


class ReadingsItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.READINGS
    kind = UnicodeAttribute(null=True)
    store_id = UnicodeAttribute(null=True)
    order = UnicodeAttribute(null=True)
    value_milli = NumberAttribute(null=True)
    device_at = UnicodeAttribute(null=True)
    received_at_ms = NumberAttribute(null=True)
    recorded_at = UnicodeAttribute(null=True)
    digest = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    thing = UnicodeAttribute(null=True)
    client_id = UnicodeAttribute(null=True)
    payload = UnicodeAttribute(null=True)
