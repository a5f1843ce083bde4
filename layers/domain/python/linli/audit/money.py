"""I5: what was captured less what went back is what orders cost; what risk holds never ships."""

from collections.abc import Iterator, Mapping

from linli.audit.model import Finding
from linli.orders.audit import Record
from linli.payments.audit import Books
from linli.presale import PresaleOrder
from linli.presale.audit import CycleRecord

_NOTHING = Books()
_WAITING = ("placed", "expired", "cancelled", "refused")


def check(
    books: Mapping[str, Books], records: Mapping[str, Record], presales: Mapping[str, CycleRecord]
) -> Iterator[Finding]:
    """
    Findings of I5, for every order and every presale order that is none yet. What was conceded
    out of goodwill is left out on both sides: an order costs what it cost. A deposit whose box
    is back lowers what an order costs (`deposits` checks that it is the ledger's).
    """
    promised = {
        order.order_id: order
        for cycle in presales.values()
        for order in cycle.orders
        if order.state != "ordered"
    }
    for order_id in sorted(books.keys() | records.keys() | promised.keys()):
        mine, record = books.get(order_id, _NOTHING), records.get(order_id)
        presale = promised.get(order_id)
        evidence = record.version if record else None, repr(presale), mine.version
        told = _of_order(mine, record) if presale is None else _of_presale(mine, presale)
        for what in (*mine.faults(), *told):
            yield Finding(order_id, what, evidence)


def _of_order(mine: Books, record: Record | None) -> Iterator[str]:
    if record is None or record.order is None:
        if mine.kept_fen:
            yield f"{mine.kept_fen} fen were kept for an order that does not exist"
        return
    order = record.order
    yield from _kept(mine, _cost_fen(record), order.payment)
    if order.payment == "due" and record.state not in _WAITING:
        yield f"it is {record.state}, and not paid"


def _of_presale(mine: Books, order: PresaleOrder) -> Iterator[str]:
    yield from _kept(mine, order.paid_fen - order.refunded_fen, f"presale, {order.payment}")


def _kept(mine: Books, cost_fen: int, payment: str) -> Iterator[str]:
    due_fen = max(0, cost_fen - mine.conceded_fen - mine.deposits_fen)
    if mine.kept_fen != due_fen:
        yield f"it costs {due_fen} fen ({payment}), {mine.kept_fen} fen were kept"


def _cost_fen(record: Record) -> int:
    """What must be there of an order by now: all of it once paid, cash once it was served."""
    order = record.order
    if order is None or order.payment == "due":
        return 0
    if order.payment == "cash" and not record.served:
        return 0
    return order.final_fen
