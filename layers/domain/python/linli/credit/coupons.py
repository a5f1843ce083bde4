"""
Coupons (优惠券): privileges that a resident owns until they are used once or expire.

A coupon carries its own terms, so that a later change of the rules does not change what somebody
has. With an order it moves in two phases, like points: available → held → used; what ends the
order otherwise makes it available again, or expired if its time has passed meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pynamodb.expressions.condition import Condition

from linli.credit.keys import coupons_of, due_mark
from linli.credit.rows import CouponRow
from linli.kernel import reads
from linli.kernel.errors import Conflict, Invalid
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction

CouponId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
MOST_COUPONS = 2
"""How many coupons an order takes: one of a kind."""
MOST_KEPT = 200
"""How many coupons are listed; the newest."""


class CouponState(StrEnum):
    """Where a coupon stands; used and expired are final."""

    AVAILABLE = "available"
    HELD = "held"
    USED = "used"
    EXPIRED = "expired"


class Terms(BaseModel):
    """
    What a coupon takes off an order: of its goods, of its slot, or one unit of a product.

    `priority` asks for a place early on the route.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    goods_fen: int = Field(default=0, strict=True, ge=0, le=100_000)
    slot_fen: int = Field(default=0, strict=True, ge=0, le=100_000)
    sku: Annotated[str, StringConstraints(pattern=r"^\d{13}$")] | None = None
    priority: bool = False
    days_valid: int = Field(default=90, strict=True, ge=1, le=366)


class Coupon(BaseModel):
    """A coupon as its owner sees it."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str
    state: CouponState
    terms: Terms
    granted_at: str
    expires_at: str
    order_id: str | None = None


class CouponUnavailable(Conflict):
    """The coupon is none of the resident's, held by another order, used, or expired."""

    code = "coupon_unavailable"
    title_en = "This coupon cannot be used"
    title_zh = "该优惠券不可用"


class CouponUseless(Invalid):
    """The coupon would take nothing off this order, or the order has one of its kind already."""

    code = "coupon_useless"
    title_en = "This coupon does not fit the order"
    title_zh = "该优惠券不适用于此订单"


class UnknownKind(Invalid):
    """There is no such kind of coupon."""

    code = "unknown_coupon"
    title_en = "There is no such privilege"
    title_zh = "没有此类权益"


KINDS: Final[Mapping[str, Terms]] = {
    "delivery": Terms(slot_fen=800, days_valid=60),
    "yuan_20": Terms(goods_fen=2000, days_valid=90),
    "priority_slot": Terms(slot_fen=5000, priority=True, days_valid=30),
    "organic_fertiliser": Terms(sku="2900000000018", days_valid=180),
}
"""The terms of each kind where a programme does not say otherwise."""


@dataclass(frozen=True, slots=True)
class Basket:
    """What of an order a coupon may take something off."""

    goods_fen: int
    slot_fen: int
    price_fen: Mapping[str, int]


def coupon_id(source_id: str) -> str:
    """The id of the coupon that `source_id` earned: the same source, the same coupon."""
    return sha256(source_id.encode()).hexdigest()[:32]


def grant_coupon(
    tx: Transaction,
    resident_id: str,
    kind: str,
    source_id: str,
    now: datetime,
    terms: Terms | None = None,
) -> None:
    """
    Give a resident a coupon for `source_id`; a second grant for the same source changes nothing,
    and does not make `tx` fail.

    Raises:
        UnknownKind: There is no such kind, and no `terms` say what it is.
    """
    terms = terms or KINDS.get(kind)
    if terms is None:
        raise UnknownKind(kind=kind)
    expires_at = rfc3339(now + timedelta(days=terms.days_valid))
    key = coupon_id(source_id)
    first = [
        (CouponRow.kind, kind),
        (CouponRow.state, CouponState.AVAILABLE.value),
        (CouponRow.terms, terms.model_dump_json()),
        (CouponRow.source_id, source_id),
        (CouponRow.granted_at, rfc3339(now)),
        (CouponRow.expires_at, expires_at),
        (CouponRow.due_mark, due_mark("coupon", key)),
        (CouponRow.due_at, expires_at),
    ]
    kept = [attribute.set(attribute | value) for attribute, value in first]
    tx.update(CouponRow(coupons_of(resident_id), key), kept)


def coupon_keys(resident_id: str, ids: Sequence[str]) -> list[reads.Key]:
    """What a batch reads of a resident's coupons."""
    return [(CouponRow, coupons_of(resident_id), each) for each in ids]


def coupons_in(found: reads.Found, resident_id: str, ids: Sequence[str]) -> list[Coupon]:
    """
    The coupons from a batch that read `coupon_keys`.

    Raises:
        CouponUnavailable: One is none of the resident's.
    """
    rows = [found.get(CouponRow, coupons_of(resident_id), each) for each in ids]
    if None in rows:
        raise CouponUnavailable
    return [coupon_of(row) for row in rows if row is not None]


def list_coupons(resident_id: str) -> list[Coupon]:
    """A resident's coupons, the ones that may be used first, then the newest first."""
    rows = reads.query(CouponRow, coupons_of(resident_id))
    coupons = sorted(map(coupon_of, rows), key=lambda c: c.granted_at, reverse=True)
    return sorted(coupons, key=lambda c: c.state != CouponState.AVAILABLE)[:MOST_KEPT]


def coupon_of(row: CouponRow) -> Coupon:
    """The coupon that a row stores."""
    return Coupon(
        id=row.sk,
        kind=row.kind,
        state=CouponState(row.state),
        terms=Terms.model_validate_json(row.terms),
        granted_at=row.granted_at,
        expires_at=row.expires_at,
        order_id=row.order_id,
    )


def worth_fen(terms: Terms, basket: Basket) -> int:
    """What a coupon takes off a basket, in fen: never more than there is. Pure."""
    unit_fen = basket.price_fen.get(terms.sku, 0) if terms.sku else 0
    goods_fen = min(terms.goods_fen + unit_fen, basket.goods_fen)
    return goods_fen + min(terms.slot_fen, basket.slot_fen)


def apply(coupons: Sequence[Coupon], basket: Basket, now: datetime) -> list[int]:
    """
    What each coupon takes off a basket, one after the other, in fen. Pure.

    Raises:
        CouponUnavailable: One is not available, or has expired.
        CouponUseless: One would take nothing off, or two are of a kind.
    """
    if len({coupon.kind for coupon in coupons}) < len(coupons):
        raise CouponUseless
    fens = []
    for coupon in coupons:
        if coupon.state != CouponState.AVAILABLE or coupon.expires_at <= rfc3339(now):
            raise CouponUnavailable
        fen = worth_fen(coupon.terms, basket)
        if not fen:
            raise CouponUseless
        slot_fen = min(coupon.terms.slot_fen, basket.slot_fen)
        basket = Basket(
            basket.goods_fen - (fen - slot_fen), basket.slot_fen - slot_fen, basket.price_fen
        )
        fens.append(fen)
    return fens


def hold_coupon(
    tx: Transaction, *, resident_id: str, coupon_id: str, order_id: str, now: datetime
) -> None:
    """
    Hold a coupon for an order.

    Raises, when `tx` commits:
        CouponUnavailable: It is none of theirs, held, used, or expired.
    """
    tx.update(
        CouponRow(coupons_of(resident_id), coupon_id),
        [
            CouponRow.state.set(CouponState.HELD.value),
            CouponRow.order_id.set(order_id),
            CouponRow.due_mark.remove(),
        ],
        condition=(CouponRow.state == CouponState.AVAILABLE.value)
        & (CouponRow.expires_at > rfc3339(now)),
        refusal=CouponUnavailable(),
    )


def use_coupon(tx: Transaction, *, resident_id: str, coupon_id: str, order_id: str) -> None:
    """
    Use a coupon that an order holds, for good.

    Raises, when `tx` commits:
        CouponUnavailable: The order does not hold it.
    """
    _end(tx, resident_id, coupon_id, order_id, CouponState.USED)


def free_coupon(
    tx: Transaction, *, resident_id: str, coupon_id: str, order_id: str, now: datetime
) -> None:
    """
    Let go of a coupon that an order holds: it may be used again, or has expired meanwhile.

    Raises, here or when `tx` commits:
        CouponUnavailable: The order does not hold it.
    """
    row = reads.get(CouponRow, coupons_of(resident_id), coupon_id)
    if row is None:
        raise CouponUnavailable
    if row.expires_at <= rfc3339(now):
        _end(tx, resident_id, coupon_id, order_id, CouponState.EXPIRED)
        return
    tx.update(
        CouponRow(row.pk, row.sk),
        [
            CouponRow.state.set(CouponState.AVAILABLE.value),
            CouponRow.order_id.remove(),
            CouponRow.due_mark.set(due_mark("coupon", coupon_id)),
        ],
        condition=_held_by(order_id),
        refusal=CouponUnavailable(),
    )


def _end(
    tx: Transaction, resident_id: str, coupon_id: str, order_id: str, into: CouponState
) -> None:
    tx.update(
        CouponRow(coupons_of(resident_id), coupon_id),
        [CouponRow.state.set(into.value)],
        condition=_held_by(order_id),
        refusal=CouponUnavailable(),
    )


def _held_by(order_id: str) -> Condition:
    held = CouponRow.state == CouponState.HELD.value
    held_by: Condition = held & (CouponRow.order_id == order_id)
    return held_by
