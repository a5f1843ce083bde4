"""Goods of a cycle come in: they wait for its orders, and are nobody else's."""

from datetime import datetime

from linli import catalogue, stock
from linli.kernel import ids, reads
from linli.kernel.errors import AlreadyDone, IdReused, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.presale.cycles import procurements, read_row
from linli.presale.model import (
    Arrival,
    CycleNotOpen,
    MoreThanOrdered,
    NotInCycle,
    Procurement,
    Stack,
)
from linli.presale.rows import ArrivalRow, ProcurementRow, cycle_key, cycle_of, stack_of
from linli.stock import Receipt


def arrive(command: Arrival, *, caller: Caller, now: datetime) -> Stack:
    """
    Record goods of a cycle; sending it again changes nothing. They are booked in order by order,
    held at once, by `close.serve`.

    Raises:
        NotFound: The caller is not of the store.
        UnknownCycle, CycleNotOpen, NotInCycle: Nothing is expected of this.
        MoreThanOrdered: What is over is an ordinary receipt.
        ExpiredGoods, TooWarm: See `stock.check_receipt`.
        IdReused
    """
    caller.require(command.store_id, Role.STORE)
    digest, key = ids.fingerprint(command), cycle_key(command.cycle_id)
    if row := reads.get(ArrivalRow, key, f"ARRIVAL#{command.id}"):
        return _replay(row, digest)
    try:
        return _record(command, digest, caller.subject, now)
    except Refused:
        # A resend that got through in the meantime may be what stands in the way.
        if row := reads.get(ArrivalRow, key, f"ARRIVAL#{command.id}"):
            return _replay(row, digest)
        raise


def _record(command: Arrival, digest: str, by: str, now: datetime) -> Stack:
    line = _expected(command)
    _check_goods(command, now)
    row = ArrivalRow(
        cycle_key(command.cycle_id),
        f"ARRIVAL#{command.id}",
        body=command.model_dump_json(),
        by=by,
        at=rfc3339(now),
        fingerprint=digest,
        allotted_units=0,
        released_units=0,
    )
    _write(row, command, line)
    return stack_of(row)


def _expected(command: Arrival) -> Procurement:
    """What the cycle still expects of this SKU; raises if it is less than came."""
    cycle = cycle_of(read_row(command.cycle_id))
    if cycle.state != "ordered":
        raise CycleNotOpen
    expected = {line.sku: line for line in procurements(command.cycle_id)}
    if command.sku not in expected or command.store_id != cycle.store_id:
        raise NotInCycle(skus=[command.sku])
    line = expected[command.sku]
    if line.arrived_units + command.units > line.ordered_units:
        raise MoreThanOrdered(open_units=line.ordered_units - line.arrived_units)
    return line


def _write(row: ArrivalRow, command: Arrival, line: Procurement) -> None:
    with transaction() as tx:
        tx.put(row, condition=ArrivalRow.pk.does_not_exist(), refusal=AlreadyDone())
        tx.update(
            ProcurementRow(row.pk, f"PROCUREMENT#{command.sku}"),
            [ProcurementRow.arrived_units.add(command.units)],
            condition=(ProcurementRow.state == "expected")
            & (ProcurementRow.arrived_units <= line.ordered_units - command.units),
            refusal=MoreThanOrdered(),
        )


def _replay(row: ArrivalRow, digest: str) -> Stack:
    if row.fingerprint != digest:
        raise IdReused
    return stack_of(row)


def _check_goods(command: Arrival, now: datetime) -> None:
    receipt = Receipt.model_validate(command.model_dump(exclude={"cycle_id"}))
    stock.check_receipt(receipt, catalogue.products_by_id([command.sku]).get(command.sku), now)
