"""The guarantees as pure checks over a snapshot; each finding carries all its evidence."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from linli.audit.model import Finding, Snapshot, Transfer
from linli.orders import Order
from linli.orders.audit import HAS_PLACE, LIVE, Record
from linli.orders.states import allows
from linli.slots import Slot
from linli.stock import Shelf
from linli.stock.audit import Booked

_STATES = HAS_PLACE | {"cancelled", "expired", "refused"}


def stock(snapshot: Snapshot) -> Iterator[Finding]:
    """I1: atp >= 0 and atp + held + sold = received - written off; each is what it stands for."""
    parts = _parts(snapshot.records)
    for shelf in sorted(snapshot.booked.keys() | parts.keys()):
        booked = snapshot.booked.get(shelf)
        mine = parts.get(shelf, [])
        evidence = booked, tuple((record.version, units) for record, units in mine)
        for what in _of_shelf(booked, mine):
            yield Finding(f"{shelf[0]}/{shelf[1]}", what, evidence)


def _parts(records: Mapping[str, Record]) -> dict[Shelf, list[tuple[Record, int]]]:
    """The orders that have a source at a shelf, ended ones included, with their units."""
    parts = defaultdict(list)
    for record in records.values():
        for source in record.sources:
            parts[source.store_id, source.sku].append((record, source.units))
    return parts


def _of_shelf(booked: Booked | None, parts: Sequence[tuple[Record, int]]) -> Iterator[str]:
    if booked is None:
        yield "an order is supplied from where nothing ever was"
        return
    level = booked.level
    yield from _of_items(booked)
    here = level.atp_units + level.held_units + level.sold_units
    if here != level.received_units - level.written_off_units:
        yield f"atp + held + sold is {here}, received - written off is another number"
    held = sum(units for record, units in parts if record.state in LIVE)
    sold = sum(units for record, units in parts if record.served)
    if sold != booked.delivered_units:
        yield f"{sold} delivered with orders, the moves say {booked.delivered_units}"
    for name, stored, summed in (
        ("held", level.held_units, held),
        ("sold", level.sold_units, booked.sold_units),
        ("received", level.received_units, booked.received_units),
        ("written off", level.written_off_units, booked.written_off_units),
        ("inbound", level.inbound_units, booked.inbound_units),
    ):
        if stored != summed:
            yield f"{name} {stored}, the records say {summed}"
    for transfer_id in booked.astray:
        yield f"units of transfer {transfer_id} are not in exactly one place"
    yield from _of_lots(booked)


def _of_items(booked: Booked) -> Iterator[str]:
    """Nothing is negative, in none of a split shelf's items, and they belong together."""
    level = booked.level
    items = [n for shard in level.shards for n in (shard.atp_units, shard.held_units)]
    if min(level.atp_units, level.held_units, level.sold_units, *items) < 0:
        yield f"negative: atp {level.atp_units}, held {level.held_units}, sold {level.sold_units}"
    if booked.apart:
        yield f"it is split into {len(level.shards)} items that do not belong together"


def _of_lots(booked: Booked) -> Iterator[str]:
    """Each lot is what its moves say, and the level knows what expires when."""
    for (expires_on, lot_id), units, moved in booked.lots:
        if units != moved or units < 0:
            yield f"lot {lot_id} of {expires_on} has {units}, its moves say {moved}"
    dated, by_lots = booked.level.dated, booked.dated_units
    for last in sorted(dated.keys() | by_lots.keys()):
        if dated.get(last, 0) != by_lots.get(last, 0):
            yield f"{dated.get(last, 0)} expire on {last}, the lots say {by_lots.get(last, 0)}"


def orders(snapshot: Snapshot) -> Iterator[Finding]:
    """I2: every order in one legal state, told of once, settled once; a refusal holds nothing."""
    kept = _by_order(snapshot.transfers)
    for record in snapshot.records.values():
        mine = kept.get(record.order_id, {})
        evidence = record.version, record.outcomes, record.turns, tuple(sorted(mine.items()))
        for what in (*_of_record(record), *_of_transfers(record, mine)):
            yield Finding(record.order_id, what, evidence)
    for order_id in kept.keys() - snapshot.records.keys():
        what = "the ledger holds something for an order that does not exist"
        yield Finding(order_id, what, tuple(sorted(kept[order_id].items())))


def _by_order(transfers: Mapping[str, Transfer]) -> dict[str, dict[str, Transfer]]:
    kept: dict[str, dict[str, Transfer]] = defaultdict(dict)
    for transfer_id, transfer in transfers.items():
        order_id, _, kind = transfer_id.partition("/")
        if kind.split("/")[0] in ("points", "deposit", "commission"):
            kept[order_id][transfer_id] = transfer
    return kept


def _of_record(record: Record) -> Iterator[str]:
    if record.state not in _STATES:
        yield f"no legal state: {record.state!r}"
        return
    if record.refused != (record.state == "refused"):
        yield "a refusal in another state, or the reverse"
    if not _told_as_it_is(record):
        yield f"it is {record.state}, deliveries tell {list(record.outcomes)}"
    yield from _of_turns(record)
    if record.state == "refused":
        if record.slot_id or record.wave_id:
            yield "refused, and has a place in a slot"
    elif record.order is None:
        yield "its promise cannot be read"
    elif not _adds_up(record):
        yield "its promise does not add up"
    else:
        yield from _of_payment(record.order, record.state)


def _of_payment(order: Order, state: str) -> Iterator[str]:
    """Only what is paid, or will be at the door, goes on; what is kept is what it costs."""
    kept = order.progress
    if order.payment == "due" and state not in ("placed", "expired", "cancelled"):
        yield f"it is {state}, and not paid"
    if order.payment == "paid" and kept.paid_fen - kept.refund_fen != order.final_fen:
        yield f"{kept.paid_fen} paid, {kept.refund_fen} owed back, it costs {order.final_fen}"
    if order.payment != "paid" and (kept.paid_fen or kept.refund_fen):
        yield f"{kept.paid_fen} paid, {kept.refund_fen} owed back, it is not paid"
    for_nothing = state in ("cancelled", "expired") or kept.outcome == "failed"
    if for_nothing and order.payment == "paid" and order.final_fen:
        yield f"it is {state}, and costs {order.final_fen}"


def _told_as_it_is(record: Record) -> bool:
    """
    A delivered order has one delivery that says so; a failed one may have failed without: nothing
    was found of it, or nobody came for it. What was stored in a locker was told so before.
    """
    ends = [outcome for outcome in record.outcomes if outcome != "stored"]
    if record.outcomes.count("stored") > 1 or len(ends) > 1:
        return False
    if record.outcome == "delivered":
        return ends == ["delivered"]
    return ends in ([], ["failed"]) if record.outcome == "failed" else not ends


def _of_turns(record: Record) -> Iterator[str]:
    """Each turn is recorded, leads from where the last one led, and the last to where it is."""
    if record.order is None:
        return
    if [turn.version for turn in record.turns] != list(range(1, record.order.version + 1)):
        yield f"turned {record.order.version} times, {len(record.turns)} turns are recorded"
        return
    state = "placed"
    for turn in record.turns:
        if turn.before != state or not allows(turn.name, state, turn.after):
            yield f"turn {turn.version}, {turn.name}, leads from {turn.before} to {turn.after}"
        state = turn.after
    if state != record.state:
        yield f"it is {record.state}, its turns lead to {state}"


def _adds_up(record: Record) -> bool:
    order = record.order
    assert order is not None
    goods = sum(line.units * line.price_fen for line in order.lines)
    fees = order.slot_fen + order.proxy_fen
    off = order.discount_fen + order.coupon_fen
    total = order.goods_fen + fees - off + order.deposit_fen
    supplied = all(line.units == sum(s.units for s in line.sources) for line in order.lines)
    slot = order.slot_id == record.slot_id
    return goods == order.goods_fen and total == order.total_fen >= 0 and supplied and slot


def _of_transfers(record: Record, mine: Mapping[str, Transfer]) -> Iterator[str]:
    """What the ledger keeps for an order: pending as long as it lives, settled when it ends."""
    if sorted(mine) != sorted([*record.transfer_ids, *record.former_transfer_ids]):
        yield f"the ledger keeps {sorted(mine)} for it"
        return
    for transfer_id, (state, posted) in mine.items():
        former = transfer_id in record.former_transfer_ids
        if state != ("voided" if former else _due(record, transfer_id, posted)):
            yield f"it is {record.state}, transfer {transfer_id} is {state} with {posted}"


def _due(record: Record, transfer_id: str, posted: int) -> str:
    """
    How a transfer of an order stands; a deposit of which no box was handed over lapses, and a
    commission waits until the order is closed.
    """
    waits = "/commission" in transfer_id and record.served and record.state != "closed"
    if record.state in LIVE or waits:
        return "pending"
    if not record.served:
        return "voided"
    if "/deposit" in transfer_id or "/commission" in transfer_id:
        return "posted" if posted else "voided"
    assert record.order is not None
    bill = record.order.progress.bill
    spent = bill.points if bill else record.order.points
    return "posted" if posted == spent > 0 else "voided" if spent == posted == 0 else "another"


def slots(snapshot: Snapshot) -> Iterator[Finding]:
    """I6: taken = orders with a place <= capacity; an order is in one wave, that of its slot."""
    by_slot = defaultdict(list)
    for record in snapshot.records.values():
        if record.slot_id is not None:
            by_slot[record.slot_id].append(record)
    for slot_id in sorted(by_slot.keys() | snapshot.slots.keys()):
        slot, records = snapshot.slots.get(slot_id), by_slot[slot_id]
        evidence = slot, tuple(record.version for record in records)
        for what in _of_slot(slot, records):
            yield Finding(slot_id, what, evidence)
    for record in snapshot.records.values():
        if (record.wave_id is not None) != record.in_wave or (
            record.wave_id not in (None, record.slot_id)
        ):
            what = f"it is {record.state}, in wave {record.wave_id} of slot {record.slot_id}"
            yield Finding(record.order_id, what, record.version)
    yield from _waves(snapshot, by_slot)
    yield from _lockers(snapshot)


def _of_slot(slot: Slot | None, records: Sequence[Record]) -> Iterator[str]:
    if slot is None:
        yield "orders in a slot that was never offered"
        return
    served = sum(record.state in HAS_PLACE for record in records)
    if slot.taken_orders != served:
        yield f"{slot.taken_orders} places taken by {served} orders"
    if slot.taken_orders > slot.capacity_orders:
        yield f"{slot.taken_orders} places taken of {slot.capacity_orders}"


def _lockers(snapshot: Snapshot) -> Iterator[Finding]:
    """A compartment is taken for each order that has one, and for nobody else."""
    orders: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for record in snapshot.records.values():
        place = record.order.locker if record.order else None
        if place is not None and record.order and record.state in HAS_PLACE:
            day = f"{place.on}#{place.size}"
            orders[record.order.community_id, place.locker_id, day].append(record)
    for key in sorted(orders.keys() | snapshot.lockers.keys()):
        mine, taken = orders[key], snapshot.lockers.get(key, 0)
        if taken != len(mine):
            what = f"{taken} compartments taken by {len(mine)} orders"
            evidence = taken, tuple(record.version for record in mine)
            yield Finding("/".join(key), what, evidence)


def _waves(snapshot: Snapshot, by_slot: Mapping[str, Sequence[Record]]) -> Iterator[Finding]:
    """A wave that has frozen has all the orders of its slot and no others; a route takes once."""
    for wave in snapshot.waves.values():
        mine = by_slot.get(wave.wave_id, ())
        evidence = wave, tuple(record.version for record in mine)
        if {r.order_id for r in mine if r.state in HAS_PLACE} != set(wave.frozen):
            yield Finding(wave.wave_id, "it forgot an order, or has one too many", evidence)
        riding = [order_id for _, order_ids in wave.routes for order_id in order_ids]
        if len(set(riding)) < len(riding) or not set(riding) <= {*wave.frozen, *wave.joined}:
            yield Finding(wave.wave_id, "an order rides twice, or is of another wave", evidence)
