"""I3 where credit and orders meet: coupons, discounts that merchants are owed, commissions."""

from collections.abc import Iterator, Mapping

from linli.audit.model import Finding
from linli.orders.audit import LIVE, Record
from linli.orders.privileges import goods_off_fen

Coupon = tuple[str, str | None]
"""A coupon's state, and the order that has it."""


def check(
    records: Mapping[str, Record],
    coupons: Mapping[str, Coupon],
    reimbursed_fen: Mapping[str, int],
) -> Iterator[Finding]:
    """
    An order that lives holds its coupons, one that was served has used them, any other has none;
    merchants are owed the discounts of closed orders, once, and of no others.
    """
    expected: dict[str, set[Coupon]] = {}
    for order_id, record in records.items():
        if record.order is None:
            continue
        state = "used" if record.served else "held" if record.state in LIVE else None
        for use in record.order.coupons:
            if state is not None:
                expected.setdefault(use.coupon_id, set()).add((state, order_id))
        due_fen = _owed_fen(record)
        if reimbursed_fen.get(order_id, 0) != due_fen:
            what = f"merchants are owed {due_fen} fen, {reimbursed_fen.get(order_id, 0)} are booked"
            yield Finding(order_id, what, (record.version, reimbursed_fen.get(order_id, 0)))
    yield from _coupons(coupons, expected)


def _owed_fen(record: Record) -> int:
    if record.order is None or record.state != "closed" or not record.served:
        return 0
    return goods_off_fen(record.order)


def _coupons(
    coupons: Mapping[str, Coupon], expected: Mapping[str, set[Coupon]]
) -> Iterator[Finding]:
    for coupon_id in sorted(coupons.keys() | expected.keys()):
        kept, wanted = coupons.get(coupon_id), expected.get(coupon_id, set())
        mine = {kept} if kept is not None and kept[0] in ("held", "used") else set()
        if mine != wanted:
            what = f"coupon: it is {kept}, by the orders it should be {sorted(wanted, key=str)}"
            yield Finding(coupon_id, what, (repr(kept), repr(sorted(wanted, key=str))))
