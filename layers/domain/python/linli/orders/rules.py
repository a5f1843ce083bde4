"""The pure decision on an order: sources, price and promise, from one snapshot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from linli.catalogue import Product, Store
from linli.kernel.settings import Settings
from linli.kernel.time import local_date, rfc3339
from linli.orders.model import (
    Address,
    AddressIn,
    Line,
    Order,
    OutsideEveryPool,
    PlaceOrder,
    PointsExceedTotal,
    PriceChanged,
    SourceOf,
    UnknownSku,
)
from linli.orders.progress import OrderPart
from linli.slots import Slot, UnknownSlot
from linli.stock import Level, Source, choose_sources, offers


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one batch read saw; possibly stale, which the transaction finds out."""

    pool: Sequence[tuple[Store, int]]
    levels: Mapping[tuple[str, str], Level]
    products: Mapping[str, Product]
    slot: Slot | None


@dataclass(frozen=True, slots=True)
class Decision:
    """An order and where its units are to be held."""

    order: Order
    sources: Sequence[Source]


def decide(
    command: PlaceOrder, snapshot: Snapshot, *, resident_id: str, now: datetime, settings: Settings
) -> Decision:
    """
    What to write for `command`, if `snapshot` is true.

    Raises:
        UnknownSlot, SlotClosed, SlotFull, UnknownSku, OutsideEveryPool, OutOfStock,
        PointsExceedTotal, PriceChanged
    """
    slot = snapshot.slot
    if slot is None:
        raise UnknownSlot
    slot.check_open(now)
    unknown = sorted(set(command.wanted) - set(snapshot.products))
    if unknown:
        raise UnknownSku(skus=unknown)
    if not snapshot.pool:
        raise OutsideEveryPool
    offered = offers(snapshot.levels, now, local_date(slot.ends_at), emergency=command.emergency)
    sources = choose_sources(command.wanted, snapshot.pool, offered)
    lines = _lines(command, snapshot.products, sources)
    return Decision(_order(command, lines, slot, resident_id, now, settings), sources)


def _lines(
    command: PlaceOrder, products: Mapping[str, Product], sources: Sequence[Source]
) -> tuple[Line, ...]:
    return tuple(
        Line(
            sku=line.sku,
            units=line.units,
            price_fen=products[line.sku].price_fen,
            grams=products[line.sku].grams,
            sources=tuple(
                SourceOf(store_id=s.store_id, owner_id=s.owner_id, units=s.units)
                for s in sources
                if s.sku == line.sku
            ),
        )
        for line in command.lines
    )


def _order(
    command: PlaceOrder,
    lines: tuple[Line, ...],
    slot: Slot,
    resident_id: str,
    now: datetime,
    settings: Settings,
) -> Order:
    goods_fen = sum(line.units * line.price_fen for line in lines)
    discount_fen = command.spend_points * settings.point_fen
    if discount_fen > goods_fen + slot.price_fen:
        raise PointsExceedTotal
    deposit_fen = command.boxes * settings.deposit_fen
    total_fen = goods_fen + slot.price_fen - discount_fen + deposit_fen
    if command.expected_total_fen not in (None, total_fen):
        raise PriceChanged(total_fen=total_fen)
    return Order(
        order_id=str(command.id),
        resident_id=resident_id,
        community_id=command.community_id,
        state="placed",
        slot_id=command.slot_id,
        placed_at=rfc3339(now),
        lines=lines,
        deliver_to=_address(command.deliver_to),
        boxes=command.boxes,
        points=command.spend_points,
        goods_fen=goods_fen,
        slot_fen=slot.price_fen,
        discount_fen=discount_fen,
        deposit_fen=deposit_fen,
        box_fen=settings.deposit_fen,
        total_fen=total_fen,
    )


def _address(to: AddressIn) -> Address:
    return Address(
        lon=to.point.lon,
        lat=to.point.lat,
        building=to.building,
        unit=to.unit,
        floor=to.floor,
        has_lift=to.has_lift,
        contact_phone=to.contact_phone,
    )


def sources_of(order: Order) -> list[Source]:
    """
    The sources at which an order that has not ended holds units, each shelf once: as promised, and
    what was found of it where a store has picked its part.
    """
    sources = []
    for line in order.lines:
        for source in line.sources:
            part = order.progress.part(source.store_id)
            if part is None:
                sources.append(Source(source.store_id, source.owner_id, line.sku, source.units))
    return sources + [held for part in order.progress.parts for held in _found(part)]


def _found(part: OrderPart) -> Iterator[Source]:
    for line in part.lines:
        if line.units:
            yield Source(part.store_id, line.owner_id, line.sku, line.units)
        if line.substitute:
            sku, units = line.substitute.sku, line.substitute.units
            yield Source(part.store_id, line.owner_id, sku, units)
