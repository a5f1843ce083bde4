"""What coupons take off an order, and for whom it counts. Pure."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from linli.credit import Basket, Coupon, apply
from linli.leaders.model import Attribution
from linli.orders.model import CouponUse, Line, Order


class Privileges(BaseModel):
    """An order's coupons and what they come to, and the leader whose building it counts for."""

    coupons: tuple[CouponUse, ...]
    coupon_fen: int
    priority: bool
    attribution: Attribution | None


def privileges(
    kept: Order | None,
    coupons: Sequence[Coupon],
    attribution: Attribution | None,
    lines: Sequence[Line],
    slot_fen: int,
    now: datetime,
) -> Privileges:
    """
    The privileges of an order of `lines`: those that `kept` has, if it changes that order.

    Raises:
        CouponUnavailable, CouponUseless: See `credit.apply`.
    """
    if kept is not None:
        names = ("coupons", "coupon_fen", "priority", "attribution")
        return Privileges(**{name: getattr(kept, name) for name in names})
    goods_fen = sum(line.units * line.price_fen for line in lines)
    basket = Basket(goods_fen, slot_fen, {line.sku: line.price_fen for line in lines})
    uses = _uses(coupons, apply(coupons, basket, now), slot_fen)
    if attribution is not None:
        promised_fen = attribution.fen(goods_fen)
        attribution = attribution.model_copy(update={"promised_fen": promised_fen})
    return Privileges(
        coupons=uses,
        coupon_fen=sum(use.fen for use in uses),
        priority=any(coupon.terms.priority for coupon in coupons),
        attribution=attribution,
    )


def _uses(coupons: Sequence[Coupon], fens: Sequence[int], slot_fen: int) -> tuple[CouponUse, ...]:
    uses = []
    for coupon, fen in zip(coupons, fens, strict=True):
        off_slot_fen = min(coupon.terms.slot_fen, slot_fen)
        slot_fen -= off_slot_fen
        off_goods_fen = fen - off_slot_fen
        use = CouponUse(coupon_id=coupon.id, kind=coupon.kind, fen=fen, goods_fen=off_goods_fen)
        uses.append(use)
    return tuple(uses)


def goods_off_fen(order: Order) -> int:
    """What points and coupons take off an order's goods; off its fees they take the rest."""
    bill = order.progress.bill
    goods_fen = bill.goods_fen if bill else order.goods_fen
    points_fen = bill.discount_fen if bill else order.discount_fen
    off_fen = points_fen + sum(use.goods_fen for use in order.coupons)
    return min(goods_fen, off_fen)
