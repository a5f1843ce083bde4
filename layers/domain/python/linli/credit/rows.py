"""Ledger table: a resident's balances and day counters, transfers, and awarded deeds."""

from datetime import date

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

POINTS, DEPOSIT = "POINTS", "DEPOSIT"


class BalanceRow(Row):
    """
    pk = RESIDENT#<resident_id>, sk = POINTS (points) or DEPOSIT (fen).

    Made by the first write to it. `available_units` may be spent or refunded; `held_units` is
    pending on the debit side. A pending credit is in neither: it is not yet the resident's.
    """

    table = Table.LEDGER
    available_units = NumberAttribute(default=0)
    held_units = NumberAttribute(default=0)


class DayRow(Row):
    """
    pk = RESIDENT#<resident_id>, sk = SPENT#<date> or EARNED#<date>: points that count against
    the cap of that calendar day of the community. Old ones are of no use but to an audit.
    """

    table = Table.LEDGER
    points = NumberAttribute(default=0)


class TransferRow(Row):
    """
    pk = TRANSFERS#<resident_id>, sk = <transfer_id>.

    Every transfer has one resident's side, so that the partition is their statement without an
    index. Ids begin with a command's UUIDv7, so that they sort by the time it was made.
    """

    table = Table.LEDGER
    debit = UnicodeAttribute()
    credit = UnicodeAttribute()
    currency = UnicodeAttribute()
    units = NumberAttribute()
    state = UnicodeAttribute()
    reason = UnicodeAttribute()
    at = UnicodeAttribute()
    by = UnicodeAttribute(null=True)
    capped_on = UnicodeAttribute(null=True)
    posted_units = NumberAttribute(null=True)
    settled_at = UnicodeAttribute(null=True)


class DeedRow(Row):
    """pk = DEED#<deed_id>, sk = DEED: who was awarded what, by whom; never changed."""

    table = Table.LEDGER
    resident_id = UnicodeAttribute()
    deed = UnicodeAttribute()
    points = NumberAttribute()
    community_id = UnicodeAttribute()
    by = UnicodeAttribute()
    at = UnicodeAttribute()
    fingerprint = UnicodeAttribute()


class LedgerItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.LEDGER
    available_units = NumberAttribute(null=True)
    held_units = NumberAttribute(null=True)
    points = NumberAttribute(null=True)
    debit = UnicodeAttribute(null=True)
    credit = UnicodeAttribute(null=True)
    currency = UnicodeAttribute(null=True)
    units = NumberAttribute(null=True)
    state = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    capped_on = UnicodeAttribute(null=True)
    posted_units = NumberAttribute(null=True)


def person(resident_id: str) -> str:
    """The partition of a resident's balances and counters."""
    return f"RESIDENT#{resident_id}"


def transfers_of(resident_id: str) -> str:
    """The partition of a resident's transfers."""
    return f"TRANSFERS#{resident_id}"


def spent(on: date) -> str:
    """The sort key of the points spent on a day."""
    return f"SPENT#{on.isoformat()}"


def earned(on: date) -> str:
    """The sort key of the points earned by deeds on a day."""
    return f"EARNED#{on.isoformat()}"


def deed_key(deed_id: object) -> tuple[str, str]:
    """The key of an awarded deed."""
    return f"DEED#{deed_id}", "DEED"
