"""What an audit needs of the stock table; reads it whole."""

from collections import Counter
from dataclasses import dataclass

from linli.kernel import reads
from linli.stock.model import Level
from linli.stock.rows import StockItem, level_of

Shelf = tuple[str, str]
"""(store_id, sku)"""


@dataclass(frozen=True, slots=True)
class Booked:
    """A level beside what its moves add up to, in units, and how many moves there are."""

    level: Level
    received_units: int
    written_off_units: int
    moves: int


def booked() -> dict[Shelf, Booked]:
    """Every level with its moves, also where one of the two is missing."""
    levels: dict[Shelf, Level] = {}
    units: dict[str, Counter[Shelf]] = {"received": Counter(), "written_off": Counter()}
    moves: Counter[Shelf] = Counter()
    for item in reads.scan(StockItem):
        if item.kind is None:
            levels[item.pk, item.sk] = level_of(item.pk, item.sk, item)
        else:
            shelf = item.pk, str(item.sku)
            units[item.kind][shelf] += int(item.units or 0)
            moves[shelf] += 1
    return {
        shelf: Booked(
            level=levels.get(shelf, Level(*shelf)),
            received_units=units["received"][shelf],
            written_off_units=units["written_off"][shelf],
            moves=moves[shelf],
        )
        for shelf in sorted(levels.keys() | moves.keys())
    }
