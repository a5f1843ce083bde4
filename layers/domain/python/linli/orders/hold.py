"""An order's part in the ledger: held when placed, posted or voided when it ends."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from linli import credit, leaders
from linli.credit import CreditView, Fen, NotEnoughPoints, Points, Quota
from linli.kernel.errors import Refused
from linli.kernel.money import split
from linli.kernel.settings import Settings
from linli.kernel.time import local_date
from linli.kernel.transact import Transaction
from linli.orders.model import Order
from linli.orders.privileges import goods_off_fen
from linli.orders.states import SERVED


def points_id(order_id: str, holds: int = 0) -> str:
    """The transfer of the points that an order spends, promised anew `holds` times."""
    return _numbered(f"{order_id}/points", holds)


def deposit_id(order_id: str, holds: int = 0) -> str:
    """The transfer of the deposit for all boxes of an order, promised anew `holds` times."""
    return _numbered(f"{order_id}/deposit", holds)


def commission_id(order: Order, holds: int | None = None) -> str:
    """The transfer of the commission on an order: the present one, or of a former promise."""
    number = order.progress.holds if holds is None else holds
    return _numbered(f"{order.order_id}/commission", number)


def _numbered(transfer_id: str, holds: int) -> str:
    return f"{transfer_id}/{holds}" if holds else transfer_id


@dataclass(frozen=True, slots=True)
class Purse:
    """What may be spent in points when an order is placed: by its payer, and by all together."""

    view: CreditView
    quota: Quota


def hold(
    tx: Transaction,
    order: Order,
    purse: Purse | None,
    moved: Refused,
    now: datetime,
    settings: Settings,
) -> None:
    """
    Hold the points to be spent and the coupons to be used, note the deposits, and promise the
    commission of who leads the building.

    Raises, here or when `tx` commits:
        NotEnoughPoints, RedemptionCap, ProgrammePointsCap, CouponUnavailable
        moved: Others have spent points of the community meanwhile.
    """
    _hold_privileges(tx, order, now)
    if order.points:
        if purse is None or purse.view.available_points < order.points:
            raise NotEnoughPoints
        credit.hold_points(
            tx,
            transfer_id=transfer_ids(order)[0],
            resident_id=order.resident_id,
            points=Points(order.points),
            on=local_date(now),
            cap_points=Points(settings.points_a_day),
            now=now,
            quota=purse.quota,
            gone=moved,
        )
    if order.deposit_fen:
        credit.hold_deposit(
            tx,
            transfer_id=transfer_ids(order)[1],
            resident_id=order.resident_id,
            fen=Fen(order.deposit_fen),
            now=now,
        )


def _hold_privileges(tx: Transaction, order: Order, now: datetime) -> None:
    who, order_id = order.resident_id, order.order_id
    for use in order.coupons:
        key = use.coupon_id
        credit.hold_coupon(tx, resident_id=who, coupon_id=key, order_id=order_id, now=now)
    if order.attribution:
        leaders.accrue(
            tx,
            transfer_id=commission_id(order),
            to=order.attribution,
            community_id=order.community_id,
            now=now,
        )


def void(tx: Transaction, order: Order, now: datetime) -> None:
    """Give everything back, in the transaction that ends the order."""
    who, (points, deposit) = order.resident_id, transfer_ids(order)
    for use in order.coupons:
        key = use.coupon_id
        credit.free_coupon(tx, resident_id=who, coupon_id=key, order_id=order.order_id, now=now)
    if order.attribution:
        leaders.void(tx, transfer_id=commission_id(order), to=order.attribution, now=now)
    if order.points:
        credit.void(tx, transfer_id=points, resident_id=who, now=now)
    if order.deposit_fen:
        credit.void(tx, transfer_id=deposit, resident_id=who, now=now)


def transfer_ids(order: Order) -> tuple[str, str]:
    """The present transfers of an order's points and of its deposit, if it has them."""
    holds = order.progress.holds
    return points_id(order.order_id, holds), deposit_id(order.order_id, holds)


def post(tx: Transaction, order: Order, boxes: int, now: datetime) -> None:
    """Spend the points of the bill and charge the deposit of the boxes that were handed over."""
    who, (points, deposit) = order.resident_id, transfer_ids(order)
    bill = order.progress.bill
    for use in order.coupons:
        key = use.coupon_id
        credit.use_coupon(tx, resident_id=who, coupon_id=key, order_id=order.order_id)
    if order.points:
        spent = Points(bill.points if bill else order.points)
        credit.spend_part(tx, transfer_id=points, resident_id=who, points=spent, now=now)
    if order.deposit_fen:
        charged = Fen(boxes * order.box_fen)
        credit.post_part(tx, transfer_id=deposit, resident_id=who, fen=charged, now=now)


def settle(tx: Transaction, order: Order, now: datetime) -> None:
    """
    In the transaction that closes an order: its leader is owed the commission on what it came to,
    and the merchants what points and coupons took off their goods.
    """
    bill = order.progress.bill
    goods_fen = bill.goods_fen if bill else order.goods_fen
    if order.progress.outcome not in SERVED:
        return
    if order.attribution:
        leaders.close(
            tx,
            transfer_id=commission_id(order),
            to=order.attribution,
            resident_id=order.resident_id,
            goods_fen=goods_fen,
            now=now,
        )
    owners: Counter[str] = Counter()
    for line in order.lines:
        for source in line.sources:
            owners[source.owner_id] += source.units * line.price_fen
    names = sorted(owners)
    parts = split(goods_off_fen(order), [owners[name] for name in names])
    credit.reimburse(
        tx,
        order_id=order.order_id,
        community_id=order.community_id,
        fen_by_owner=dict(zip(names, parts, strict=True)),
        now=now,
    )
