"""Boxes table as audits read it: any item, with what it lacks as None."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table


class BoxItem(Row):
    """Any item of the table."""

    table = Table.BOXES
    custodian = UnicodeAttribute(null=True)
    custodian_id = UnicodeAttribute(null=True)
    cycle = NumberAttribute(null=True)
    version = NumberAttribute(null=True)
    holder_id = UnicodeAttribute(null=True)
    deposit_fen = NumberAttribute(null=True)
    converted_fen = NumberAttribute(null=True)
    clean = BooleanAttribute(null=True)
    came_from = UnicodeAttribute(null=True)
    came_from_id = UnicodeAttribute(null=True)
    went_to = UnicodeAttribute(null=True)
    went_to_id = UnicodeAttribute(null=True)
    held_boxes = NumberAttribute(null=True)
    capacity_boxes = NumberAttribute(null=True)
    by = UnicodeAttribute(null=True)
    told = UnicodeAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    digest = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    thing = UnicodeAttribute(null=True)
    client_id = UnicodeAttribute(null=True)
    payload = UnicodeAttribute(null=True)
    device_at = UnicodeAttribute(null=True)
    received_at_ms = NumberAttribute(null=True)
    recorded_at = UnicodeAttribute(null=True)
