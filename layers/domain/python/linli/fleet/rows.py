"""
Fleet table: the couriers of a community, in one partition each.

    pk COMMUNITY#<community>   sk COURIER#<courier>            a registration
    pk COMMUNITY#<community>   sk DOCUMENT#<courier>#<kind>    a document; personal data
    pk COMMUNITY#<community>   sk SHIFT#<day>#<courier>        hours of one day
"""

from datetime import date

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

COURIER = "COURIER#"


class CourierRow(Row):
    """A registration; `body` is its Courier."""

    table = Table.FLEET
    body = UnicodeAttribute()


class DocumentRow(Row):
    """A document; `version` counts how often another one was handed in."""

    table = Table.FLEET
    number = UnicodeAttribute()
    expires_on = UnicodeAttribute()
    version = NumberAttribute()
    state = UnicodeAttribute()
    handed_in_at = UnicodeAttribute()
    judged_by = UnicodeAttribute(null=True)
    judged_at = UnicodeAttribute(null=True)


class ShiftRow(Row):
    """Hours of one day instead of the usual ones; without hours the courier is away."""

    table = Table.FLEET
    opens = UnicodeAttribute(null=True)
    closes = UnicodeAttribute(null=True)
    ended = BooleanAttribute(default=False)


def community_key(community_id: str) -> str:
    """The partition of a community's couriers."""
    return f"COMMUNITY#{community_id}"


def courier_key(courier_id: str) -> str:
    """The sort key of a courier."""
    return f"{COURIER}{courier_id}"


def document_key(courier_id: str, kind: str) -> str:
    """The sort key of a courier's document."""
    return f"DOCUMENT#{courier_id}#{kind}"


def shift_key(on: date, courier_id: str = "") -> str:
    """The sort key of a courier's hours on a day."""
    return f"SHIFT#{on.isoformat()}#{courier_id}"
