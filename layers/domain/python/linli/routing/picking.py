"""
The order in which a store's lines are picked: by temperature, then along the shelves.

Ambient goods first, then chilled, then frozen, so that what is cold is the shortest time out of
it. Within a zone aisle by aisle, the first walked from its low to its high shelves and the next
back again: the S-shape heuristic of order picking (de Koster, Le-Duc & Roodbergen, *Design and
control of warehouse order picking*, European Journal of Operational Research 182, 2007).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

ZONES = ("ambient", "chilled", "frozen")
"""Temperature zones in the order of picking."""

T = TypeVar("T")
Natural = tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """
    Where a line stands: its zone (one of `ZONES`) and its shelf's label, as `A-03.2`: the aisle
    up to the first `-` or `.`, then the shelf in it. A line without a label is picked last.
    """

    zone: str
    shelf: str = ""

    @property
    def aisle(self) -> str:
        """The label up to its first separator."""
        return re.split(r"[-.]", self.shelf, maxsplit=1)[0]


def picking_order(lines: Iterable[T], slot: Callable[[T], Slot]) -> list[T]:
    """
    The lines in the order of a walk; those of one shelf keep their order.

    Raises:
        ValueError: A line's zone is not one of `ZONES`.
    """
    found: list[T] = []
    left = [(slot(line), line) for line in lines]
    unknown = {each.zone for each, _ in left} - set(ZONES)
    if unknown:
        raise ValueError(f"no such temperature zone: {min(unknown)}")
    for zone in ZONES:
        here = [(each, line) for each, line in left if each.zone == zone]
        aisles = sorted({natural(each.aisle) for each, _ in here if each.shelf})
        for n, aisle in enumerate(aisles):
            walk = [(e, line) for e, line in here if e.shelf and natural(e.aisle) == aisle]
            walk.sort(key=lambda pair: natural(pair[0].shelf), reverse=n % 2 == 1)
            found += [line for _, line in walk]
        found += [line for each, line in here if not each.shelf]
    return found


def natural(label: str) -> Natural:
    """A key that sorts labels as people read them: `A-2` before `A-10`."""
    pieces = re.findall(r"\d+|\D+", label)
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p.casefold()) for p in pieces)
