"""Boxes table, its part of other recyclables: what was handed in, and what a day has earned."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

HAND_IN, WEIGHT = "HAND_IN", "WEIGHT#"


class HandInRow(Row):
    """pk = HAND_IN#<id>, sk = HAND_IN: something handed in, or announced (`pending`)."""

    table = Table.BOXES
    state = UnicodeAttribute()
    resident_id = UnicodeAttribute()
    material = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    body = UnicodeAttribute()
    at = UnicodeAttribute()


class WeightRow(Row):
    """pk = RESIDENT#<resident_id>, sk = WEIGHT#<local day>: points earned by weight that day."""

    table = Table.BOXES
    points = NumberAttribute(default=0)
    grams = NumberAttribute(default=0)


def hand_in_key(hand_in_id: object) -> str:
    """The partition of something handed in."""
    return f"HAND_IN#{hand_in_id}"
