"""
What owners owe each other for goods that were lent across owners: a record for each transfer that
arrived, at cost price where the receipt told it. Settling them is the owners' own affair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linli import catalogue
from linli.kernel import reads
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.stock.booking import Why
from linli.stock.fefo import Lot
from linli.stock.rows_between import DebtRow, debts_key

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class OwnerDebt:
    """
    `debtor_id` owes `creditor_id` for the units that arrived; `cost_fen` is what those cost whose
    price is known, `unpriced_units` are the others.
    """

    transfer_id: str
    creditor_id: str
    debtor_id: str
    from_store_id: str
    to_store_id: str
    sku: str
    units: int
    cost_fen: int
    unpriced_units: int
    arrived_at: str


def owe(tx: Transaction, ends: tuple[str, str], sku: str, lots: Sequence[Lot], why: Why) -> None:
    """
    Note in the transaction of the arrival what the taker's owner owes the giver's, `ends` being
    giver and taker; nothing if that is the same owner, or nothing has arrived.
    """
    stores = catalogue.stores_by_id(ends)
    giver, taker = (stores[store_id] for store_id in ends)
    units = sum(lot.units for lot in lots)
    if giver.owner_id == taker.owner_id or not units:
        return
    priced = [lot for lot in lots if lot.cost_fen is not None]
    for owner_id in (giver.owner_id, taker.owner_id):
        tx.put(
            DebtRow(
                debts_key(owner_id),
                f"{rfc3339(why.now)}#{why.move_id}",
                creditor_id=giver.owner_id,
                debtor_id=taker.owner_id,
                from_store_id=giver.store_id,
                to_store_id=taker.store_id,
                sku=sku,
                units=units,
                cost_fen=sum(lot.units * (lot.cost_fen or 0) for lot in priced),
                unpriced_units=units - sum(lot.units for lot in priced),
            ),
            condition=DebtRow.pk.does_not_exist(),
        )


def debts(owner_id: str) -> list[OwnerDebt]:
    """What an owner owes and is owed, the newest first, at most `MOST_LISTED`."""
    rows = reads.query(DebtRow, debts_key(owner_id), most=MOST_LISTED, newest_first=True)
    return [_debt(row) for row in rows]


def balances(found: Sequence[OwnerDebt], owner_id: str) -> Mapping[str, int]:
    """By other owner: fen that they owe `owner_id`, less what they are owed."""
    sums: dict[str, int] = {}
    for debt in found:
        other, sign = (
            (debt.debtor_id, 1) if debt.creditor_id == owner_id else (debt.creditor_id, -1)
        )
        sums[other] = sums.get(other, 0) + sign * debt.cost_fen
    return sums


def _debt(row: DebtRow) -> OwnerDebt:
    at, _, transfer_id = str(row.sk).partition("#")
    return OwnerDebt(
        transfer_id=transfer_id,
        creditor_id=row.creditor_id,
        debtor_id=row.debtor_id,
        from_store_id=row.from_store_id,
        to_store_id=row.to_store_id,
        sku=row.sku,
        units=int(row.units),
        cost_fen=int(row.cost_fen),
        unpriced_units=int(row.unpriced_units),
        arrived_at=at,
    )
