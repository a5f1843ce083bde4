"""Whether the boxes table keeps guarantee I4; reads it whole."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from linli.boxes.model import Custodian
from linli.boxes.rows import BOX, BoxItem
from linli.boxes.rules import may_go
from linli.kernel import reads


def breaches(deposits_fen: Mapping[str, int]) -> list[str]:
    """
    Every breach of I4: one custodian and one chain of moves per box, one deposit per cycle, and
    what each resident's boxes carry equals `deposits_fen`, what the ledger owes them.

    Read while nobody writes: a scan sees no moment.
    """
    boxes: dict[str, BoxItem] = {}
    moves: dict[str, list[BoxItem]] = defaultdict(list)
    for item in reads.scan(BoxItem):
        if item.sk == BOX:
            boxes[item.pk] = item
        elif item.sk.startswith("MOVE#"):
            moves[item.pk].append(item)
    found = [f"{pk}: moves without a box" for pk in moves if pk not in boxes]
    carried: dict[str, int] = defaultdict(int)
    for pk, box in boxes.items():
        found += [f"{pk}: {what}" for what in _of_box(box, moves[pk])]
        if box.holder_id:
            carried[box.holder_id] += int(box.deposit_fen or 0)
    for resident in sorted(carried.keys() | deposits_fen.keys()):
        owed, held = deposits_fen.get(resident, 0), carried.get(resident, 0)
        if owed != held:
            found.append(f"resident {resident}: owed {owed} fen, boxes carry {held} fen")
    return found


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
    out = box.custodian == Custodian.RESIDENT
    if bool(box.holder_id) != out or (box.deposit_fen and not out):
        yield "it carries a deposit in a store, or none when out"
