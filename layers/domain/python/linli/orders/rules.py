"""The pure decision on an order: sources, price and promise, from one snapshot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from linli import lockers
from linli.catalogue import Community, Product, Store
from linli.credit import Coupon
from linli.kernel.settings import Settings
from linli.kernel.time import local_date, rfc3339
from linli.leaders.model import Attribution
from linli.lockers import Locker, LockerPlace, Usage
from linli.orders.address import AddressIn
from linli.orders.model import (
    Address,
    Line,
    Order,
    OutsideEveryPool,
    PlaceOrder,
    PointsExceedTotal,
    PriceChanged,
    SourceOf,
    UnknownSku,
)
from linli.orders.privileges import privileges
from linli.orders.progress import OrderPart, Progress
from linli.slots import Slot, UnknownSlot
from linli.stock import Level, OutOfStock, Shelf, Source, choose_sources, offers
from linli.stock.rules import Offers

LASTMILE_METRES = 500
"""How far a part-time courier on foot, or a robot, goes from the store."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    What was read for an order; possibly stale, which the transaction finds out.

    `kept` is the order as it was promised before, if there is one: what it holds is free for it,
    and it keeps its prices.
    """

    pool: Sequence[tuple[Store, int]]
    levels: Mapping[Shelf, Level]
    products: Mapping[str, Product]
    slot: Slot | None
    community: Community
    kept: Order | None = None
    lockers: Sequence[Locker] = ()
    compartments: Usage = field(default_factory=dict)
    coupons: Sequence[Coupon] = ()
    attribution: Attribution | None = None


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
        PointsExceedTotal, PriceChanged, CouponUnavailable, CouponUseless,
        UnknownLocker, TooBigForLocker, LockerFull
    """
    slot = _open_slot(snapshot, now)
    unknown = sorted(set(command.wanted) - set(snapshot.products))
    if unknown:
        raise UnknownSku(skus=unknown)
    levels = _levels_for(snapshot)
    offered = offers(levels, now, local_date(slot.ends_at), emergency=command.emergency)
    sources = _counted(choose_by_channel(command, snapshot.pool, offered), command, snapshot)
    lines = _lines(command, snapshot, sources)
    promise = _promise(command, lines, snapshot, slot, now, settings)
    order = _order(command, promise, resident_id, now)
    return Decision(order.model_copy(update={"locker": _locker(command, snapshot, order)}), sources)


def _locker(command: PlaceOrder, snapshot: Snapshot, order: Order) -> LockerPlace | None:
    """A compartment for a locker's order, where the community has registered its lockers."""
    if order.channel != "locker" or not (snapshot.lockers or command.locker_id):
        return None
    kept = snapshot.kept
    return lockers.choose(
        snapshot.lockers,
        snapshot.compartments,
        order.grams,
        command.deliver_to.point,
        command.slot_id,
        wanted_id=command.locker_id,
        kept=kept.locker if kept and kept.state == "placed" else None,
    )


def _open_slot(snapshot: Snapshot, now: datetime) -> Slot:
    """The slot, if the order may have a place there; one that has it keeps it."""
    slot = snapshot.slot
    if slot is None:
        raise UnknownSlot
    if snapshot.kept is not None and snapshot.kept.state == "placed":
        slot = replace(slot, taken_orders=slot.taken_orders - 1)
    slot.check_open(now)
    return slot


def _levels_for(snapshot: Snapshot) -> dict[Shelf, Level]:
    """The levels as this order sees them: what it holds itself is not held by others."""
    levels = dict(snapshot.levels)
    if snapshot.kept is None or snapshot.kept.state != "placed":
        return levels
    for source in sources_of(snapshot.kept):
        level = levels.get((source.store_id, source.sku))
        if level is not None:
            atp, held = level.atp_units + source.units, level.held_units - source.units
            levels[source.store_id, source.sku] = replace(level, atp_units=atp, held_units=held)
    return levels


def choose_by_channel(
    command: PlaceOrder, pool: Sequence[tuple[Store, int]], offered: Offers
) -> list[Source]:
    """
    The sources that the order's channel allows: all of a pickup from one store (the chosen one,
    else the nearest that has it all), of the last 500 metres from stores so near, else any.

    Raises:
        OutsideEveryPool: No store may supply it, or the chosen one is none of them.
        OutOfStock: Those that may cannot.
    """
    if command.channel == "lastmile":
        pool = [(store, metres) for store, metres in pool if metres <= LASTMILE_METRES]
    if command.store_id is not None:
        pool = [(store, metres) for store, metres in pool if store.store_id == command.store_id]
    if not pool:
        raise OutsideEveryPool
    if command.channel != "pickup":
        return choose_sources(command.wanted, pool, offered)
    for shop in pool[:-1]:
        try:
            return choose_sources(command.wanted, [shop], offered)
        except OutOfStock:
            continue
    return choose_sources(command.wanted, pool[-1:], offered)


def _counted(sources: Sequence[Source], command: PlaceOrder, snapshot: Snapshot) -> list[Source]:
    """The sources with the items of split shelves that count them: where they are held already."""
    kept, before = snapshot.kept, dict[Shelf, int]()
    if kept is not None and kept.state == "placed":
        before = {(source.store_id, source.sku): source.shard for source in sources_of(kept)}
    return [
        replace(source, shard=before[source.store_id, source.sku])
        if (source.store_id, source.sku) in before
        else source.beginning_at(str(command.id))
        for source in sources
    ]


def _lines(command: PlaceOrder, snapshot: Snapshot, sources: Sequence[Source]) -> tuple[Line, ...]:
    promised = {line.sku: line for line in snapshot.kept.lines} if snapshot.kept else {}
    return tuple(
        Line(
            sku=line.sku,
            units=line.units,
            price_fen=(promised.get(line.sku) or snapshot.products[line.sku]).price_fen,
            grams=snapshot.products[line.sku].grams,
            sources=tuple(
                SourceOf(store_id=s.store_id, owner_id=s.owner_id, units=s.units, shard=s.shard)
                for s in sources
                if s.sku == line.sku
            ),
            substitute=line.substitute,
            by_weight=snapshot.products[line.sku].by_weight,
        )
        for line in command.lines
    )


def _promise(
    command: PlaceOrder,
    lines: tuple[Line, ...],
    snapshot: Snapshot,
    slot: Slot,
    now: datetime,
    settings: Settings,
) -> dict[str, Any]:
    """What the lines cost with all that belongs to them, and until when to pay for it."""
    kept, community = snapshot.kept, snapshot.community
    goods_fen = sum(line.units * line.price_fen for line in lines)
    slot_fen = kept.slot_fen if kept else slot.price_fen
    by_proxy = command.for_resident is not None and not command.emergency
    proxy_fen = kept.proxy_fen if kept else community.proxy_fee_fen if by_proxy else 0
    discount_fen = kept.discount_fen if kept else command.spend_points * settings.point_fen
    more = privileges(kept, snapshot.coupons, snapshot.attribution, lines, slot_fen, now)
    if discount_fen + more.coupon_fen > goods_fen + slot_fen + proxy_fen:
        raise PointsExceedTotal
    box_fen = _box_fen(snapshot, settings)
    deposit_fen = kept.deposit_fen if kept else command.boxes * box_fen
    total_fen = goods_fen + slot_fen + proxy_fen - discount_fen - more.coupon_fen + deposit_fen
    if command.expected_total_fen not in (None, total_fen):
        raise PriceChanged(total_fen=total_fen)
    due = command.pay == "online" and total_fen > 0
    pay_by = min(now + timedelta(minutes=community.pay_minutes), slot.cutoff_at)
    return {
        "lines": lines,
        "goods_fen": goods_fen,
        "slot_fen": slot_fen,
        "proxy_fen": proxy_fen,
        "discount_fen": discount_fen,
        **more.model_dump(),
        "deposit_fen": deposit_fen,
        "box_fen": box_fen,
        "total_fen": total_fen,
        "payment": "due" if due else "cash",
        "progress": Progress(pay_by=rfc3339(pay_by)) if due else Progress(),
    }


def _box_fen(snapshot: Snapshot, settings: Settings) -> int:
    """A box's deposit: as promised, as its community's programme says, or the deployment's."""
    if snapshot.kept:
        return snapshot.kept.box_fen
    own = snapshot.community.packaging.deposit_fen
    return settings.deposit_fen if own is None else own


def _order(
    command: PlaceOrder,
    promise: dict[str, Any],
    resident_id: str,
    now: datetime,
) -> Order:
    return Order(
        order_id=str(command.id),
        resident_id=resident_id,
        community_id=command.community_id,
        state="placed",
        slot_id=command.slot_id,
        placed_at=rfc3339(now),
        deliver_to=_address(command.deliver_to),
        boxes=command.boxes,
        points=command.spend_points,
        pay=command.pay,
        for_resident=command.for_resident,
        emergency=command.emergency,
        quiet=command.quiet,
        **promise,
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
    sources, shards = list[Source](), dict[Shelf, int]()
    for line in order.lines:
        for source in line.sources:
            shards[source.store_id, line.sku] = source.shard
            if order.progress.part(source.store_id) is None:
                where = source.store_id, source.owner_id, line.sku
                sources.append(Source(*where, source.units, shard=source.shard))
    picked = [held for part in order.progress.parts for held in _found(part)]
    return sources + [
        replace(held, shard=shards.get((held.store_id, held.sku), 0)) for held in picked
    ]


def _found(part: OrderPart) -> Iterator[Source]:
    for line in part.lines:
        if line.units:
            yield Source(part.store_id, line.owner_id, line.sku, line.units)
        if line.substitute:
            sku, units = line.substitute.sku, line.substitute.units
            yield Source(part.store_id, line.owner_id, sku, units)
