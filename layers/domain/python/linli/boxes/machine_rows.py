"""Boxes table, its part of return machines' messages: each once, or quarantined."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

MESSAGE, QUARANTINE = "MESSAGE#", "QUARANTINE#"


class MessageRow(Row):
    """
    pk = MACHINE#<thing>, sk = MESSAGE#<boot>.<seq>: a message that was taken in, once; `told` is
    the scan or hand-in that it became.
    """

    table = Table.BOXES
    digest = UnicodeAttribute()
    kind = UnicodeAttribute()
    told = UnicodeAttribute()
    device_at = UnicodeAttribute()
    received_at_ms = NumberAttribute()
    recorded_at = UnicodeAttribute()


class QuarantineRow(Row):
    """pk = QUARANTINE#<store>#<local day>, sk = <digest>: the whole message, and why."""

    table = Table.BOXES
    reason = UnicodeAttribute()
    thing = UnicodeAttribute()
    kind = UnicodeAttribute()
    client_id = UnicodeAttribute()
    payload = UnicodeAttribute()
    received_at_ms = NumberAttribute()
    recorded_at = UnicodeAttribute()


def message_key(order: str) -> str:
    """The sort key of a message, by the machine's own order."""
    return f"{MESSAGE}{order}"


def quarantine_key(store_id: str, on: str) -> str:
    """The partition of a store's and local day's quarantine; `on` is an ISO date."""
    return f"{QUARANTINE}{store_id}#{on}"
