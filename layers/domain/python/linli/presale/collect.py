"""Presale orders: promised against the cycle's caps and a place of its slot, in one write."""

from datetime import datetime

from linli import catalogue, slots
from linli.kernel import ids, reads
from linli.kernel.errors import AlreadyDone, Conflict, Contended, IdReused, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.settings import Settings
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
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
from linli.presale.refunds import refund
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
    Promise a presale order; sending it again answers what it has become.

    Raises:
        UnknownCycle, CycleNotOpen, NotInCycle, SoldOut, SlotClosed, SlotFull, PriceChanged,
        OutsideEveryPool: No effect.
        NotFound: The caller is no resident of the cycle's community.
        IdReused: The id was used for another presale order.
    """
    row = read_row(command.cycle_id)
    cycle = cycle_of(row)
    caller.require(cycle.community_id, Role.RESIDENT)
    digest = ids.fingerprint(command, resident=caller.subject)
    if known := reads.get(OrderRow, order_key(command.id), ORDER):
        return _replay(known, digest)
    for _ in range(_PLANS):
        order = _promise(command, cycle, caller.subject, now, settings)
        try:
            with transaction() as tx:
                _write(tx, order, cycle, row.etag, digest, now)
            return order
        except AlreadyDone:
            return _replay(_kept(str(command.id)), digest)
        except _Moved:
            row = read_row(command.cycle_id)
            cycle = cycle_of(row)
    raise Contended("the presale is in demand")


def _replay(row: OrderRow, digest: str) -> PresaleOrder:
    if row.fingerprint != digest:
        raise IdReused
    return order_of(row)


def _kept(order_id: str) -> OrderRow:
    row = reads.get(OrderRow, order_key(order_id), ORDER)
    if row is None:
        raise NotFound
    return row


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
            state="promised",
            body=order.model_dump_json(),
            fingerprint=digest,
            changed_at=rfc3339(now),
        ),
        condition=OrderRow.pk.does_not_exist(),
        refusal=AlreadyDone(),
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


def read_order(order_id: str, resident_id: str | None = None) -> PresaleOrder:
    """
    The presale order; of `resident_id` alone, if given.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    order = order_of(_kept(order_id))
    if resident_id not in (None, order.resident_id):
        raise NotFound
    return order


def cancel(order_id: str, *, resident_id: str, now: datetime) -> PresaleOrder:
    """
    Cancel until the cycle closes; cancelling again changes nothing.

    Raises:
        NotFound: There is none, or it is somebody else's.
        CycleNotOpen: The cycle has closed; goods are being bought.
        Conflict: It has ended otherwise.
    """
    order = read_order(order_id, resident_id)
    if order.state == "cancelled":
        return order
    cycle = cycle_of(read_row(order.cycle_id))
    if cycle.state != "open" or now >= cycle.cut_off_at:
        raise CycleNotOpen
    key = cycle_key(order.cycle_id)
    try:
        with transaction() as tx:
            end(tx, order, "cancelled", "cancelled", now)
            for sku, units in order.wanted.items():
                tx.update(
                    GoodsRow(key, f"SKU#{sku}"),
                    [GoodsRow.promised_units.add(-units)],
                    condition=(GoodsRow.is_open == 1) & (GoodsRow.promised_units >= units),
                    refusal=CycleNotOpen(),
                )
    except Conflict:
        after = read_order(order_id, resident_id)
        if after.state == "cancelled":
            return after
        raise
    return read_order(order_id, resident_id)


def end(tx: Transaction, order: PresaleOrder, state: str, why: str, now: datetime) -> None:
    """
    End a promised order: its place goes back, and what was paid is refunded, in one write.

    Raises, when `tx` commits:
        Conflict: It is not as it was read.
    """
    tx.update(
        OrderRow(order_key(order.order_id), ORDER),
        [
            OrderRow.state.set(state),
            OrderRow.why.set(why),
            OrderRow.refunded_fen.set(order.paid_fen),
            OrderRow.changed_at.set(rfc3339(now)),
        ],
        condition=(OrderRow.state == "promised") & (OrderRow.paid_fen == order.paid_fen),
        refusal=Conflict("the presale order has moved on"),
    )
    slots.unreserve(tx, order.slot_id)
    if order.paid_fen:
        refund(tx, order, why, now)


def void(order: PresaleOrder, why: str, now: datetime) -> None:
    """End an order that is not served, with its refund; once."""
    try:
        with transaction() as tx:
            end(tx, order, "voided", why, now)
    except (Conflict, AlreadyDone):
        return  # It has ended in the meantime: by another run of this.


def mark_paid(
    tx: Transaction, order: PresaleOrder, *, payment_id: str, refusal: Refused, now: datetime
) -> None:
    """
    Note that an online order was paid in full, in the transaction of its capture; `refusal` if
    it is not waiting for that any more, so that the capture is refunded instead. A cycle that
    has closed has counted who paid.
    """
    tx.check(
        GoodsRow(cycle_key(order.cycle_id), f"SKU#{order.lines[0].sku}"),
        condition=GoodsRow.is_open == 1,
        refusal=refusal,
    )
    tx.update(
        OrderRow(order_key(order.order_id), ORDER),
        [
            OrderRow.paid_fen.set(order.total_fen),
            OrderRow.payment_id.set(payment_id),
            OrderRow.changed_at.set(rfc3339(now)),
        ],
        condition=(OrderRow.state == "promised") & (OrderRow.paid_fen == 0),
        refusal=refusal,
    )
