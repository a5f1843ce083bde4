"""When couriers ride: their usual hours, or those that they declare for one day, until they end."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time

from linli.fleet.documents import Document, documents, missing
from linli.fleet.model import Courier, DeclaredShift, DeclareShift, Shift
from linli.fleet.register import courier, couriers
from linli.fleet.rows import ShiftRow, community_key, shift_key
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.time import ZONE
from linli.kernel.transact import transaction


def declare(courier_id: str, on: date, command: DeclareShift) -> DeclaredShift:
    """Ride these hours on that day instead of the usual ones; the last word counts."""
    row = ShiftRow(community_key(command.community_id), shift_key(on, courier_id))
    if command.opens is not None and command.closes is not None:
        row.opens, row.closes = command.opens.isoformat(), command.closes.isoformat()
    with transaction() as tx:
        tx.put(row)
    return _declared(row, command.community_id)


def end(courier_id: str, on: date, community_id: str) -> DeclaredShift:
    """
    Ride no more on that day; again changes nothing, and declaring hours anew opens it again.

    Raises:
        NotFound: The courier is not registered there.
    """
    if courier(community_id, courier_id) is None:
        raise NotFound
    row = ShiftRow(community_key(community_id), shift_key(on, courier_id))
    with transaction() as tx:
        tx.update(row, [ShiftRow.ended.set(True)])
    kept = reads.get(ShiftRow, row.pk, row.sk)
    return _declared(kept or row, community_id)


def hours_on(community_id: str, on: date) -> dict[str, DeclaredShift]:
    """What couriers declared for that day, by courier."""
    prefix = ShiftRow.sk.startswith(shift_key(on))
    rows = reads.query(ShiftRow, community_key(community_id), prefix)
    shifts = [_declared(row, community_id) for row in rows]
    return {shift.courier_id: shift for shift in shifts}


def available(community_id: str, at: datetime) -> list[Courier]:
    """
    The couriers who may ride on the local day of `at`: with every document that their vehicle
    needs, and with that day's hours as their shift; by id.
    """
    on = at.astimezone(ZONE).date()
    held: defaultdict[str, list[Document]] = defaultdict(list)
    for document in documents(community_id):
        held[document.courier_id].append(document)
    declared = hours_on(community_id, on)
    return riding(couriers(community_id), held, declared, on)


def riding_on(community_id: str, courier_id: str, at: datetime) -> Courier | None:
    """The courier, if they may ride on the local day of `at`, with that day's hours; or None."""
    known = courier(community_id, courier_id)
    if known is None:
        return None
    on = at.astimezone(ZONE).date()
    row = reads.get(ShiftRow, community_key(community_id), shift_key(on, courier_id))
    declared = {} if row is None else {courier_id: _declared(row, community_id)}
    held = {courier_id: documents(community_id, courier_id)}
    return next(iter(riding([known], held, declared, on)), None)


def riding(
    registered: Sequence[Courier],
    held: dict[str, list[Document]],
    declared: dict[str, DeclaredShift],
    on: date,
) -> list[Courier]:
    """Of the registered couriers those who ride on a day, with that day's hours. Pure."""
    found = []
    for each in registered:
        own = declared.get(each.courier_id)
        if missing(each.vehicle, held.get(each.courier_id, []), on) or (own and own.ended):
            continue
        if own is None:
            found.append(each)
        elif own.opens is not None and own.closes is not None:
            shift = Shift(opens=own.opens, closes=own.closes)
            found.append(each.model_copy(update={"shift": shift}))
    return found


def _declared(row: ShiftRow, community_id: str) -> DeclaredShift:
    _, on, courier_id = row.sk.split("#", 2)
    return DeclaredShift(
        courier_id=courier_id,
        community_id=community_id,
        on=date.fromisoformat(on),
        opens=time.fromisoformat(row.opens) if row.opens else None,
        closes=time.fromisoformat(row.closes) if row.closes else None,
        ended=bool(row.ended),
    )
