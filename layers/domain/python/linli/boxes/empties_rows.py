"""Boxes table, its part of empties that are fetched at the door."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

EMPTIES = "EMPTIES"


class EmptiesRow(Row):
    """
    pk = EMPTIES#<request_id>, sk = EMPTIES: a resident's wish that a courier fetches boxes.

    `body` is the request (JSON, with the address); `outcome` what the courier told; `moves`: into
    how many later slots it was taken. In the index `by_due` until it ends: see `empties_late`.
    """

    table = Table.BOXES
    state = UnicodeAttribute()
    resident_id = UnicodeAttribute()
    community_id = UnicodeAttribute()
    slot_id = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    body = UnicodeAttribute()
    wave_id = UnicodeAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    moves = NumberAttribute(default=0)
    due_mark = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class EmptiesOfSlotRow(Row):
    """pk = EMPTIES_OF#<slot_id>, sk = <request_id>: to find the requests of a slot, exactly."""

    table = Table.BOXES


def empties_key(request_id: object) -> str:
    """The partition of a request."""
    return f"EMPTIES#{request_id}"


def empties_of(slot_id: str) -> str:
    """The partition of a slot's requests."""
    return f"EMPTIES_OF#{slot_id}"
