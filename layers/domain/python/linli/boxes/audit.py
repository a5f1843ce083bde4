"""Whether the boxes table keeps guarantee I4; reads it whole."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from linli.boxes.audit_rows import BoxItem
from linli.boxes.model import Custodian
from linli.boxes.rows import BOX, MOVE
from linli.boxes.rules import may_go
from linli.boxes.station_rows import STATION
from linli.kernel import reads

Fens = Mapping[str, int]


@dataclass(slots=True)
class _Table:
    """Everything of the table that an audit looks at."""

    boxes: dict[str, BoxItem] = field(default_factory=dict)
    moves: dict[str, list[BoxItem]] = field(default_factory=lambda: defaultdict(list))
    stations: dict[str, int] = field(default_factory=dict)


def breaches(deposits_fen: Fens, forfeits_fen: Fens | None = None) -> list[str]:
    """
    Every breach of I4: one custodian and one chain of moves per box, one deposit per cycle; what
    each resident's boxes carry equals `deposits_fen`, what the ledger owes them; what was
    converted of theirs equals `forfeits_fen`; a station holds as many boxes as it counts.

    Read while nobody writes: a scan sees no moment.
    """
    table = _read()
    found = [f"{pk}: moves without a box" for pk in table.moves if pk not in table.boxes]
    carried: Counter[str] = Counter()
    converted: Counter[str] = Counter()
    for pk, box in table.boxes.items():
        found += [f"{pk}: {what}" for what in _of_box(box, table.moves[pk])]
        if box.holder_id:
            carried[box.holder_id] += int(box.deposit_fen or 0)
            converted[box.holder_id] += int(box.converted_fen or 0)
    found += _compare("owed", deposits_fen, carried)
    if forfeits_fen is not None:
        found += _compare("forfeited", forfeits_fen, converted)
    return found + list(_of_stations(table))


def _read() -> _Table:
    table = _Table()
    for item in reads.scan(BoxItem):
        if item.sk == BOX:
            table.boxes[item.pk] = item
        elif item.sk == STATION:
            table.stations[item.pk.partition("#")[2]] = int(item.held_boxes or 0)
        elif item.sk.startswith(MOVE):
            table.moves[item.pk].append(item)
    return table


def _compare(what: str, ledger: Fens, boxes: Fens) -> Iterator[str]:
    for resident in sorted(ledger.keys() | boxes.keys()):
        owed, held = ledger.get(resident, 0), boxes.get(resident, 0)
        if owed != held:
            yield f"resident {resident}: {what} {owed} fen, boxes carry {held} fen"


def _of_stations(table: _Table) -> Iterator[str]:
    held = Counter(
        box.custodian_id for box in table.boxes.values() if box.custodian == Custodian.STATION
    )
    for station_id in sorted(table.stations.keys() | held.keys(), key=str):
        counted, there = table.stations.get(str(station_id), 0), held[station_id]
        if counted != there:
            yield f"station {station_id}: counts {counted} boxes, holds {there}"


def _of_box(box: BoxItem, moves: Sequence[BoxItem]) -> Iterator[str]:
    chain = sorted(moves, key=lambda move: int(move.version or 0))
    if [int(move.version or 0) for move in chain] != list(range(1, int(box.version or 0) + 1)):
        yield "its moves do not count up to its version"
        return
    where: tuple[str | None, str | None] = (None, None)
    for move in chain:
        if (move.came_from, move.came_from_id) != where:
            yield f"move {move.version} starts where it was not"
        if move.came_from and not may_go(Custodian(move.came_from), Custodian(str(move.went_to))):
            yield f"move {move.version} goes where it may not"
        where = (move.went_to, move.went_to_id)
    if where != (box.custodian, box.custodian_id):
        yield "its custodian is not where its moves lead"
    if sum(move.went_to == Custodian.RESIDENT for move in chain) != box.cycle:
        yield "its cycles are not the times that it went out"
    yield from _of_deposit(box)


def _of_deposit(box: BoxItem) -> Iterator[str]:
    """Somebody holds it while a resident has it, perhaps while it is lost, else nobody does."""
    overdue = box.custodian == Custodian.LOST and box.custodian_id == "overdue"
    out = box.custodian == Custodian.RESIDENT
    if (out and not box.holder_id) or (box.holder_id and not out and not overdue):
        yield "it carries a deposit in a store, or none when out"
    if (box.deposit_fen or box.converted_fen) and not box.holder_id:
        yield "it carries a deposit in a store, or none when out"
    if box.converted_fen and (box.deposit_fen or not overdue):
        yield "its deposit is converted and is not"
