"""Stock table, between people: transfers, what is owed for them, sales beyond the books."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table


class TransferRow(Row):
    """
    pk = TRANSFER#<id>, sk = TRANSFER. What is shipped and not yet received is in transit, and
    nowhere else.
    """

    table = Table.STOCK
    state = UnicodeAttribute()
    from_store_id = UnicodeAttribute()
    to_store_id = UnicodeAttribute()
    sku = UnicodeAttribute()
    wanted_units = NumberAttribute()
    shipped_units = NumberAttribute(default=0)
    received_units = NumberAttribute(default=0)
    lost_units = NumberAttribute(default=0)
    lots = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    requested_by = UnicodeAttribute()
    requested_at = UnicodeAttribute()
    shipped_by = UnicodeAttribute(null=True)
    shipped_at = UnicodeAttribute(null=True)
    received_by = UnicodeAttribute(null=True)
    received_at = UnicodeAttribute(null=True)


class PointerRow(Row):
    """pk = TRANSFERS#<store_id>, sk = <transfer id>: the store gives or takes."""

    table = Table.STOCK


class DebtRow(Row):
    """
    pk = OWNER#<owner_id>, sk = <arrived at>#<transfer id>; one for each of the two owners.
    """

    table = Table.STOCK
    creditor_id = UnicodeAttribute()
    debtor_id = UnicodeAttribute()
    from_store_id = UnicodeAttribute()
    to_store_id = UnicodeAttribute()
    sku = UnicodeAttribute()
    units = NumberAttribute()
    cost_fen = NumberAttribute()
    unpriced_units = NumberAttribute()


class ConflictRow(Row):
    """
    pk = CONFLICTS#<store_id>, sk = <sku>#<sale id>: units sold beyond what the books had, until a
    stocktake settles it.
    """

    table = Table.STOCK
    units = NumberAttribute()
    sold_at = UnicodeAttribute()
    by = UnicodeAttribute()
    at = UnicodeAttribute()


TRANSFER = "TRANSFER"


def transfer_key(transfer_id: object) -> str:
    """The partition of a transfer."""
    return f"TRANSFER#{transfer_id}"


def transfers_key(store_id: str) -> str:
    """The partition that names a store's transfers."""
    return f"TRANSFERS#{store_id}"


def conflicts_key(store_id: str) -> str:
    """The partition of a store's sales beyond the books."""
    return f"CONFLICTS#{store_id}"


def debts_key(owner_id: str) -> str:
    """The partition of what an owner owes and is owed."""
    return f"OWNER#{owner_id}"
