"""Slots table: lockers of a community, and how many of their compartments are taken on a day."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

LOCKER = "LOCKER"


class LockerRow(Row):
    """pk = LOCKERS#<community_id>, sk = <locker_id>; the body, and its ETag."""

    table = Table.SLOTS
    body = UnicodeAttribute()
    etag = UnicodeAttribute()


class UsedRow(Row):
    """pk = LOCKER#<community_id>#<locker_id>, sk = <local date>#<size>."""

    table = Table.SLOTS
    taken = NumberAttribute(default=0)


def lockers_key(community_id: str) -> str:
    """The partition of a community's lockers."""
    return f"LOCKERS#{community_id}"


def used_key(community_id: str, locker_id: str) -> str:
    """The partition of a locker's days."""
    return f"{LOCKER}#{community_id}#{locker_id}"
