"""Notices table: the inboxes of residents, the newest last."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

NOTICE = "NOTICE#"


class NoticeRow(Row):
    """
    pk = RESIDENT#<resident_id>, sk = NOTICE#<notice id>: a UUIDv7 made of the event that it tells
    of, so that it is told once. `figures` (JSON) are what its words name; `forget_at` (epoch
    seconds) is half a year later.
    """

    table = Table.NOTICES
    kind = UnicodeAttribute()
    figures = UnicodeAttribute()
    at = UnicodeAttribute()
    read_at = UnicodeAttribute(null=True)
    forget_at = NumberAttribute()


def inbox(resident_id: str) -> str:
    """The partition of a resident's notices."""
    return f"RESIDENT#{resident_id}"
