"""A deposit whose box stayed out too long: converted into income, and owed again if it is found."""

from datetime import datetime

from linli.credit.hold import put_transfer
from linli.credit.keys import DEPOSIT, person
from linli.credit.model import FORFEITS, Fen, NotEnoughDeposit, State, Transfer, deposit_of
from linli.credit.rows import BalanceRow
from linli.kernel.transact import Transaction


def convert_deposit(
    tx: Transaction, *, transfer_id: str, resident_id: str, fen: Fen, now: datetime
) -> None:
    """
    Owe a resident a deposit (at least 1 fen) no longer: it becomes the network's, until its box
    is found.

    Raises, here or when `tx` commits:
        Invalid: Not an amount.
        NotEnoughDeposit: Less is held for the resident.
        AlreadyDone: The transfer exists.
    """
    pair = deposit_of(resident_id), FORFEITS
    put_transfer(tx, Transfer(transfer_id, resident_id, *pair, fen, "overdue"), State.POSTED, now)
    tx.update(
        BalanceRow(person(resident_id), DEPOSIT),
        [BalanceRow.available_units.add(-fen)],
        condition=BalanceRow.available_units >= fen,
        refusal=NotEnoughDeposit(),
    )


def restore_deposit(
    tx: Transaction, *, transfer_id: str, resident_id: str, fen: Fen, now: datetime
) -> None:
    """
    Owe a resident a converted deposit again: a reversal by an entry of its own.

    Raises, here or when `tx` commits:
        Invalid: Not an amount.
        AlreadyDone: The transfer exists.
    """
    pair = FORFEITS, deposit_of(resident_id)
    put_transfer(tx, Transfer(transfer_id, resident_id, *pair, fen, "found"), State.POSTED, now)
    tx.update(BalanceRow(person(resident_id), DEPOSIT), [BalanceRow.available_units.add(fen)])
