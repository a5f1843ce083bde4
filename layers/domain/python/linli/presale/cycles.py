"""Announcing cycles and reading them, and what they buy."""

from datetime import datetime

from linli import catalogue, slots
from linli.kernel import editing, reads
from linli.kernel.errors import Invalid
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.orders.model import UnknownSku
from linli.presale.model import (
    Cycle,
    CycleNotOpen,
    CycleStarted,
    Procurement,
    PutCycle,
    UnknownCycle,
)
from linli.presale.rows import (
    CYCLE,
    DUE,
    CycleRow,
    GoodsRow,
    ListedRow,
    ProcurementRow,
    cycle_key,
    cycle_of,
    procurement_of,
)


def put_cycle(
    cycle_id: str, command: PutCycle, *, now: datetime, if_match: str | None
) -> tuple[Cycle, str]:
    """
    Announce a cycle, or change one that has not begun; answers it with its ETag.

    Raises:
        CycleStarted: It has begun; the same again is answered as before.
        CycleNotOpen: It would have closed already.
        UnknownSku, UnknownSlot, Invalid: It names what is not there, or a slot too early.
        Unconditional, Stale: See `kernel.editing`.
    """
    cycle = Cycle(cycle_id=cycle_id, **command.model_dump())
    new = editing.etag(command)
    row = reads.get(CycleRow, cycle_key(cycle_id), CYCLE)
    seen = row.etag if row else None
    if row and seen == new:
        return cycle_of(row), new
    if row and (row.state != "open" or cycle_of(row).opens_at <= now):
        raise CycleStarted
    _check(cycle, now)
    editing.check(seen, new, if_match)
    old = {goods.sku for goods in cycle_of(row).goods} if row else set()
    _write(cycle, new, seen, old)
    return cycle, new


def _check(cycle: Cycle, now: datetime) -> None:
    """Refuse what nobody could order, buy or deliver."""
    if cycle.cut_off_at <= now:
        raise CycleNotOpen
    store = catalogue.store(cycle.store_id)
    if store is None or store.community_id != cycle.community_id:
        raise Invalid("no such store in this community")
    skus = {goods.sku for goods in cycle.goods}
    unknown = sorted(skus - set(catalogue.products_by_id(skus)))
    if unknown:
        raise UnknownSku(skus=unknown)
    if cycle.cut_off_at >= slots.read(cycle.slot_id).cutoff_at:
        raise Invalid("the goods cannot come before the slot's cut-off")


def _write(cycle: Cycle, etag: str, seen: str | None, old: set[str]) -> None:
    key, body = cycle_key(cycle.cycle_id), cycle.model_dump_json(exclude={"state", "dropped"})
    row = CycleRow(
        key,
        CYCLE,
        community_id=cycle.community_id,
        state="open",
        body=body,
        etag=etag,
        due_mark=DUE,
        due_at=rfc3339(cycle.cut_off_at),
    )
    condition = CycleRow.pk.does_not_exist() if seen is None else CycleRow.etag == seen
    skus = {goods.sku for goods in cycle.goods}
    untouched = GoodsRow.pk.does_not_exist() | (GoodsRow.promised_units == 0)
    with transaction() as tx:
        tx.put(row, condition=condition, refusal=editing.Stale())
        tx.put(ListedRow(f"COMMUNITY#{cycle.community_id}", key))
        for sku in sorted(skus):
            goods = GoodsRow(key, f"SKU#{sku}", is_open=1, terms=etag, promised_units=0)
            tx.put(goods, condition=untouched, refusal=CycleStarted())
        for sku in sorted(old - skus):
            gone = GoodsRow(key, f"SKU#{sku}")
            tx.delete(gone, condition=untouched, refusal=CycleStarted())


def read_row(cycle_id: str) -> CycleRow:
    """
    A cycle's row.

    Raises:
        UnknownCycle
    """
    row = reads.get(CycleRow, cycle_key(cycle_id), CYCLE)
    if row is None:
        raise UnknownCycle
    return row


def read_cycle(cycle_id: str) -> tuple[Cycle, str, dict[str, int]]:
    """
    A cycle, its ETag, and the units that are promised of each SKU.

    Raises:
        UnknownCycle
    """
    row = read_row(cycle_id)
    goods = reads.query(GoodsRow, cycle_key(cycle_id), GoodsRow.sk.startswith("SKU#"))
    promised = {g.sk.removeprefix("SKU#"): int(g.promised_units) for g in goods}
    return cycle_of(row), row.etag, promised


def cycles_of(community_id: str) -> list[Cycle]:
    """All cycles of a community by their ids."""
    listed = reads.query(ListedRow, f"COMMUNITY#{community_id}")
    found = reads.batch((CycleRow, row.sk, CYCLE) for row in listed)
    rows = (found.get(CycleRow, row.sk, CYCLE) for row in listed)
    return [cycle_of(row) for row in rows if row is not None]


def procurements(cycle_id: str) -> list[Procurement]:
    """What a cycle buys, by SKU; nothing before it has closed."""
    sort = ProcurementRow.sk.startswith("PROCUREMENT#")
    return [procurement_of(r) for r in reads.query(ProcurementRow, cycle_key(cycle_id), sort)]
