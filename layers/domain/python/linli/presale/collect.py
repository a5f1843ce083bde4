"""
Presale orders: promised against the cycle's caps and a place of its slot, in one write.

A refusal is written under the order's id, so that a resend gets the same answer for ever (I2).
"""

from datetime import datetime

from linli import catalogue, slots
from linli.kernel import ids, reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.refusals import refusal_text
from linli.kernel.settings import Settings
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.orders.adopt import reserve
from linli.orders.model import OutsideEveryPool, PriceChanged
from linli.presale.cycles import read_row
from linli.presale.model import (
    Cycle,
    CycleNotOpen,
    NotInCycle,
    PlacePresale,
    PresaleLine,
    PresaleOrder,
    SoldOut,
)
from linli.presale.rows import (
    ORDER,
    GoodsRow,
    MemberRow,
    OrderRow,
    cycle_key,
    cycle_of,
    order_key,
    order_of,
)

_PLANS = 3


class _Moved(Refused):
    """The snapshot was stale; look again."""


def place(
    command: PlacePresale, *, caller: Caller, now: datetime, settings: Settings
) -> PresaleOrder:
    """
    Promise a presale order, or refuse it for ever; sending it again answers what it has become.

    Raises:
        UnknownCycle, CycleNotOpen, NotInCycle, SoldOut, SlotClosed, SlotFull, PriceChanged,
        OutsideEveryPool, IdReused (for an order): No other effect; recorded under the id.
        NotFound: The caller is no resident of the cycle's community.
        IdReused: The id was used for another presale order.
        Contended: Others were faster at every look; nothing was written.
    """
    digest = ids.fingerprint(command, resident=caller.subject)
    if known := reads.get(OrderRow, order_key(command.id), ORDER):
        return _replay(known, digest)
    try:
        return _collect(command, digest, caller, now, settings)
    except (Contended, NotFound):
        raise
    except AlreadyDone:
        return _replay(_written(command), digest)
    except Refused as refusal:
        return _refuse(command, digest, caller.subject, refusal, now)


def _collect(
    command: PlacePresale, digest: str, caller: Caller, now: datetime, settings: Settings
) -> PresaleOrder:
    for _ in range(_PLANS):
        row = read_row(command.cycle_id)
        cycle = cycle_of(row)
        caller.require(cycle.community_id, Role.RESIDENT)
        order = _promise(command, cycle, caller.subject, now, settings)
        try:
            with transaction() as tx:
                _write(tx, order, cycle, row.etag, digest, now)
            return order
        except _Moved:
            continue
    raise Contended("the presale is in demand")


def _written(command: PlacePresale) -> OrderRow:
    row = reads.get(OrderRow, order_key(command.id), ORDER)
    assert row is not None, "presale orders are never deleted"
    return row


def _replay(row: OrderRow, digest: str) -> PresaleOrder:
    if row.fingerprint != digest:
        raise IdReused
    return order_of(row)


def _refuse(
    command: PlacePresale, digest: str, resident_id: str, refusal: Refused, now: datetime
) -> PresaleOrder:
    """
    Record `refusal` under the order's id and raise it; whatever a concurrent resend wrote first
    is answered instead.
    """
    row = OrderRow(
        order_key(command.id),
        ORDER,
        cycle_id=command.cycle_id,
        resident_id=resident_id,
        state="refused",
        refusal=refusal_text(refusal),
        fingerprint=digest,
        changed_at=rfc3339(now),
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=OrderRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return _replay(_written(command), digest)
    raise refusal


def _promise(
    command: PlacePresale, cycle: Cycle, resident_id: str, now: datetime, settings: Settings
) -> PresaleOrder:
    """The order, if what was read of the cycle, its counters and its slot is true."""
    if cycle.state != "open" or not cycle.opens_at <= now < cycle.cut_off_at:
        raise CycleNotOpen
    offered = {goods.sku: goods for goods in cycle.goods}
    strange = sorted(line.sku for line in command.lines if line.sku not in offered)
    if strange:
        raise NotInCycle(skus=strange)
    _check_place(command, cycle, settings)
    key = cycle_key(cycle.cycle_id)
    found = reads.batch(
        [slots.slot_key(cycle.slot_id)]
        + [catalogue.product_key(line.sku) for line in command.lines]
        + [(GoodsRow, key, f"SKU#{line.sku}") for line in command.lines]
    )
    slot = slots.slot_in(found, cycle.slot_id)
    if slot is None:
        raise slots.UnknownSlot
    slot.check_open(now)
    for line in command.lines:
        goods = found.get(GoodsRow, key, f"SKU#{line.sku}")
        promised = int(goods.promised_units) if goods else 0
        if promised + line.units > offered[line.sku].maximum_units:
            raise SoldOut(sku=line.sku, left=offered[line.sku].maximum_units - promised)
    products = catalogue.products_in(found, [line.sku for line in command.lines])
    lines = tuple(
        PresaleLine(
            sku=line.sku,
            units=line.units,
            price_fen=offered[line.sku].price_fen,
            grams=products[line.sku].grams,
        )
        for line in command.lines
    )
    return _order(command, cycle, lines, slot.price_fen, resident_id, now)


def _check_place(command: PlacePresale, cycle: Cycle, settings: Settings) -> None:
    store = catalogue.store(cycle.store_id)
    reach = catalogue.community(cycle.community_id, settings.pool_metres).pool_metres
    if store is None or store.point.metres_to(command.deliver_to.point) > reach:
        raise OutsideEveryPool


def _order(
    command: PlacePresale,
    cycle: Cycle,
    lines: tuple[PresaleLine, ...],
    slot_fen: int,
    resident_id: str,
    now: datetime,
) -> PresaleOrder:
    goods_fen = sum(line.units * line.price_fen for line in lines)
    if command.expected_total_fen not in (None, goods_fen + slot_fen):
        raise PriceChanged(total_fen=goods_fen + slot_fen)
    return PresaleOrder(
        order_id=str(command.id),
        cycle_id=cycle.cycle_id,
        community_id=cycle.community_id,
        resident_id=resident_id,
        slot_id=cycle.slot_id,
        state="promised",
        pay=command.pay,
        placed_at=rfc3339(now),
        lines=lines,
        deliver_to=command.deliver_to,
        goods_fen=goods_fen,
        slot_fen=slot_fen,
        total_fen=goods_fen + slot_fen,
    )


def _write(
    tx: Transaction, order: PresaleOrder, cycle: Cycle, terms: str, digest: str, now: datetime
) -> None:
    tx.put(
        OrderRow(
            order_key(order.order_id),
            ORDER,
            cycle_id=cycle.cycle_id,
            resident_id=order.resident_id,
            state="promised",
            body=order.model_dump_json(),
            fingerprint=digest,
            changed_at=rfc3339(now),
        ),
        condition=OrderRow.pk.does_not_exist(),
        refusal=AlreadyDone(),
    )
    reserve(
        tx, order.order_id, order.resident_id, order.community_id, f"presale/{cycle.cycle_id}", now
    )
    key, most = cycle_key(cycle.cycle_id), {g.sku: g.maximum_units for g in cycle.goods}
    tx.put(MemberRow(key, order_key(order.order_id)))
    for sku, units in order.wanted.items():
        tx.update(
            GoodsRow(key, f"SKU#{sku}"),
            [GoodsRow.promised_units.add(units)],
            condition=(GoodsRow.is_open == 1)
            & (GoodsRow.terms == terms)
            & (GoodsRow.promised_units <= most[sku] - units),
            refusal=_Moved(),
        )
    slots.reserve(tx, order.slot_id, _Moved())
