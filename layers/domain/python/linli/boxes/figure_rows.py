"""Demand table, its part of boxes: what happened to a community's boxes, counted by month."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

BOX_MOVE = "box"


class CountedMoveRow(Row):
    """pk = COUNTED#<box_id>#<version>, sk = box: this move of a box was counted."""

    table = Table.DEMAND
    at = UnicodeAttribute()


class BoxMonthRow(Row):
    """pk = BOXES#<community_id>, sk = <local month>: how many boxes did what."""

    table = Table.DEMAND
    registered = NumberAttribute(default=0)
    out = NumberAttribute(default=0)
    back = NumberAttribute(default=0)
    days_out = NumberAttribute(default=0)
    washed = NumberAttribute(default=0)
    broken = NumberAttribute(default=0)
    worn = NumberAttribute(default=0)
    lost = NumberAttribute(default=0)
    found = NumberAttribute(default=0)


def month_key(community_id: str) -> str:
    """The partition of a community's months."""
    return f"BOXES#{community_id}"
