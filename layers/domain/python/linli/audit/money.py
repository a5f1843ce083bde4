"""I5: what was captured less what went back is what orders cost; what risk holds never ships."""

from collections.abc import Iterator, Mapping

from linli.audit.model import Finding
from linli.orders.audit import Record
from linli.payments.audit import Books

_NOTHING = Books()
_WAITING = ("placed", "expired", "cancelled", "refused")


def check(books: Mapping[str, Books], records: Mapping[str, Record]) -> Iterator[Finding]:
    """
    Findings of I5. What was conceded out of goodwill is left out on both sides: an order costs
    what it cost.
    """
    for order_id in sorted(books.keys() | records.keys()):
        mine, record = books.get(order_id, _NOTHING), records.get(order_id)
        evidence = record.version if record else None, mine.version
        for what in (*mine.faults(), *_of_order(mine, record)):
            yield Finding(order_id, what, evidence)


def _of_order(mine: Books, record: Record | None) -> Iterator[str]:
    if record is None or record.order is None:
        if mine.kept_fen:
            yield f"{mine.kept_fen} fen were kept for an order that does not exist"
        return
    order = record.order
    cost_fen = _cost_fen(record)
    due_fen = max(0, cost_fen - mine.conceded_fen)
    if mine.kept_fen != due_fen:
        yield f"it costs {due_fen} fen ({order.payment}), {mine.kept_fen} fen were kept"
    if order.payment == "due" and record.state not in _WAITING:
        yield f"it is {record.state}, and not paid"


def _cost_fen(record: Record) -> int:
    """What must be there of an order by now: all of it once paid, cash once it was served."""
    order = record.order
    if order is None or order.payment == "due":
        return 0
    if order.payment == "cash" and not record.served:
        return 0
    return order.final_fen
