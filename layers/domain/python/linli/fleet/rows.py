"""Fleet table: the couriers of a community."""

from pynamodb.attributes import UnicodeAttribute

from linli.kernel.tables import Row, Table


class CourierRow(Row):
    """pk = COMMUNITY#<community_id>, sk = COURIER#<courier_id>"""

    table = Table.FLEET
    body = UnicodeAttribute()


def community_key(community_id: str) -> str:
    """The partition of a community's couriers."""
    return f"COMMUNITY#{community_id}"


def courier_key(courier_id: str) -> str:
    """The sort key of a courier."""
    return f"COURIER#{courier_id}"
