"""I4, the owners' half: a deposit that the ledger gives back is refunded on a payment, once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from linli.audit.model import Finding
from linli.payments.audit import Books, DepositBack

Key = tuple[str, str]
"""Whose deposit, and the transfer that gives it back."""


def check(given_back: Mapping[Key, int], books: Mapping[str, Books]) -> Iterator[Finding]:
    """
    For each deposit (fen, by owner and transfer) that the ledger gave back, as much is refunded,
    once for each order whose boxes came back; and no deposit is refunded that it did not give back.
    """
    owed: dict[Key, list[tuple[str, DepositBack]]] = defaultdict(list)
    for order_id, mine in sorted(books.items()):
        for back in mine.deposits:
            owed[back.owner, back.transfer_id].append((order_id, back))
    for key in sorted(given_back.keys() | owed.keys()):
        ledger_fen, backs = given_back.get(key, 0), tuple(owed[key])
        for what in _of_transfer(ledger_fen, backs):
            yield Finding("/".join(key), what, (ledger_fen, backs))


def _of_transfer(ledger_fen: int, backs: tuple[tuple[str, DepositBack], ...]) -> Iterator[str]:
    refunded_fen = sum(back.fen for _, back in backs)
    if refunded_fen != ledger_fen:
        yield f"the ledger gives back {ledger_fen} fen of deposits, payments {refunded_fen}"
    if len({order_id for order_id, _ in backs}) < len(backs):
        yield "the deposit of an order is refunded more than once"
