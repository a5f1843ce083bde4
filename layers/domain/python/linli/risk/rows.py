"""Payments table, risk's part: velocity counters, payment history, known devices, blocked ids."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

HISTORY, BLOCKED = "HISTORY", "BLOCKED"


class VelocityRow(Row):
    """
    pk = RISK#<kind>#<digest>, sk = HOUR#<yyyy-mm-ddThh> or DAY#<yyyy-mm-dd> (UTC): payment
    attempts begun in that hour or day. Moves only with the put of an attempt's id. `forget_at`
    (epoch seconds) lets the table drop it when no window reaches back to it.
    """

    table = Table.PAYMENTS
    attempts = NumberAttribute(default=0)
    forget_at = NumberAttribute(null=True)


class HistoryRow(Row):
    """pk = RISK#resident#<digest>, sk = HISTORY: what a resident has paid so far."""

    table = Table.PAYMENTS
    paid_orders = NumberAttribute(default=0)
    paid_fen = NumberAttribute(default=0)


class DeviceRow(Row):
    """pk = RISK#resident#<digest>, sk = DEVICE#<digest>: the resident has paid with this device."""

    table = Table.PAYMENTS
    last_paid_at = UnicodeAttribute(null=True)


class BlockedRow(Row):
    """pk = BLOCKED#<kind>#<digest>, sk = BLOCKED: who blocked it, for which attempt, why."""

    table = Table.PAYMENTS
    by = UnicodeAttribute()
    reason = UnicodeAttribute()
    attempt_id = UnicodeAttribute()
    at = UnicodeAttribute()


def counted(kind: str, digest: str) -> str:
    """The partition of a subject's counters and history."""
    return f"RISK#{kind}#{digest}"


def blocked(kind: str, digest: str) -> str:
    """The partition of a blocked id."""
    return f"BLOCKED#{kind}#{digest}"


def device(digest: str) -> str:
    """The sort key of a device that a resident has paid with."""
    return f"DEVICE#{digest}"
