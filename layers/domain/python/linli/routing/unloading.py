"""
Segmented unloading (分段式卸货): an order's large items and its light ones as drops of their own.

Couriers unload faster when a trolley takes what is large of a whole building and a bag what is
light; who then gets an order in two halves waits longer for the second, and complains more. The
threshold between large and light is learnt from unloadings at several thresholds: it is the one at
which a courier's time and complaints together cost least. Which threshold an unloading was done at
must have been chosen without regard to the building, else the comparison says nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from linli.routing.model import LARGEST
from linli.routing.rules import Doorstep

NEVER = LARGEST
"""A threshold that nothing reaches: all is unloaded in one drop."""
THRESHOLDS = (500, 1_000, 2_000, 3_000, 5_000, 8_000, NEVER)
"""Those that are tried."""
USUAL_GRAMS = 3_000
"""What `benchmarks.unloading` learns of 4,000 unloadings each: used until real unloadings have
taught better."""
TRY_ONE_IN = 10
"""One unloading of so many is done at another threshold than the best known."""
ENOUGH = 30
"""Unloadings below which a threshold is not judged (the usual bound for a mean of such times)."""
PRIOR_ORDERS = 50
"""Weight, in orders, of the common complaint rate in each threshold's own (shrinkage)."""
COURIER_FEN_PER_HOUR = 3_000
COMPLAINT_FEN = 1_500
"""What a courier's hour and a complaint cost (assumptions, to be replaced by the ledger's)."""
LARGE = "#large"


@dataclass(frozen=True, slots=True)
class Unloading:
    """One vehicle unloaded at one building: at which threshold, how long, and who complained."""

    threshold_grams: int
    seconds: int
    items: int
    orders: int
    complaints: int


@dataclass(frozen=True, slots=True)
class Tally:
    """All unloadings at one threshold, added up."""

    unloadings: int = 0
    seconds: int = 0
    items: int = 0
    orders: int = 0
    complaints: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.unloadings + other.unloadings,
            self.seconds + other.seconds,
            self.items + other.items,
            self.orders + other.orders,
            self.complaints + other.complaints,
        )


def tallied(history: Iterable[Unloading]) -> dict[int, Tally]:
    """The unloadings by their threshold."""
    found: dict[int, Tally] = {}
    for each in history:
        one = Tally(1, each.seconds, each.items, each.orders, each.complaints)
        found[each.threshold_grams] = found.get(each.threshold_grams, Tally()) + one
    return found


@dataclass(frozen=True, slots=True)
class Judged:
    """A threshold with its means; `cost_fen` is that of a thousand orders."""

    threshold_grams: int
    unloadings: int
    items_per_hour: float
    complaint_rate: float
    cost_fen: float


def judged(
    history: Mapping[int, Tally],
    courier_fen_per_hour: int = COURIER_FEN_PER_HOUR,
    complaint_fen: int = COMPLAINT_FEN,
) -> list[Judged]:
    """Every threshold with enough unloadings, the cheapest first; of equals, the highest."""
    common = _rate(sum(history.values(), Tally()), 0.0, 0)
    found = []
    for threshold, mine in history.items():
        if mine.unloadings < ENOUGH or not mine.orders or not mine.seconds:
            continue
        rate = _rate(mine, common, PRIOR_ORDERS)
        hours = mine.seconds / mine.orders / 3_600
        cost = 1_000 * (hours * courier_fen_per_hour + rate * complaint_fen)
        per_hour = mine.items * 3_600 / mine.seconds
        found.append(Judged(threshold, mine.unloadings, per_hour, rate, cost))
    return sorted(found, key=lambda each: (each.cost_fen, -each.threshold_grams))


def _rate(tally: Tally, prior: float, weight: int) -> float:
    return (tally.complaints + prior * weight) / max(1, tally.orders + weight)


def threshold_grams(history: Mapping[int, Tally], usual: int = NEVER) -> int:
    """The threshold to unload at; `usual` until one has been tried often enough."""
    ranked = judged(history)
    return ranked[0].threshold_grams if ranked else usual


def tried_at(unloading_id: str, learnt: int) -> int:
    """
    The threshold of one unloading: what was learnt, or, for one in `TRY_ONE_IN`, another to learn
    more, chosen by nothing but the digits of its id.
    """
    digits = int.from_bytes(sha256(unloading_id.encode()).digest()[:4], "big")
    if digits % TRY_ONE_IN:
        return learnt
    others = [each for each in THRESHOLDS if each != learnt]
    return others[digits // TRY_ONE_IN % len(others)]


@dataclass(frozen=True, slots=True)
class Item:
    """Some units of one product that a store gives for an order; all figures are one unit's."""

    grams: int
    units: int
    millilitres: int = 0


def segmented(
    doorstep: Doorstep, items: Mapping[str, Sequence[Item]], threshold: int, neighbours: int
) -> tuple[Doorstep, ...]:
    """
    The doorstep as one drop, or as two where `neighbours` orders go to the same building too and
    it has both large and light items. Boxes stay with the light ones, which come first; what is
    taken away goes with the last. What leaving the order out costs is shared by mass, what being
    late costs counts once. The large drop's id is the order's with `LARGE`.
    """
    large = {store: _large(each, threshold) for store, each in items.items()}
    heavy = sum(grams for grams, _ in large.values())
    total = sum(grams for grams, _ in doorstep.parts.values())
    if not neighbours or not 0 < heavy < total:
        return (doorstep,)
    share = doorstep.penalty_fen * heavy // total
    return _light(doorstep, large, share), _heavy(doorstep, large, share)


def _light(doorstep: Doorstep, large: Mapping[str, tuple[int, int]], share: int) -> Doorstep:
    nothing, volumes = (0, 0), doorstep.volumes
    parts = {
        store: (grams - large.get(store, nothing)[0], boxes)
        for store, (grams, boxes) in doorstep.parts.items()
        if grams > large.get(store, nothing)[0] or boxes
    }
    return replace(
        doorstep,
        parts=parts,
        penalty_fen=doorstep.penalty_fen - share,
        returns={},
        volumes={s: max(0, volumes.get(s, 0) - large.get(s, nothing)[1]) for s in parts},
    )


def _heavy(doorstep: Doorstep, large: Mapping[str, tuple[int, int]], share: int) -> Doorstep:
    return replace(
        doorstep,
        order_id=doorstep.order_id + LARGE,
        drop_of=doorstep.order_id,
        parts={store: (grams, 0) for store, (grams, _) in large.items() if grams},
        penalty_fen=share,
        cold_boxes={},
        volumes={store: volume for store, (_, volume) in large.items() if volume},
        late_fen_per_minute=0,
    )


def is_large(grams: int, threshold: int) -> bool:
    """Whether an item of this mass goes with the large drop."""
    return grams >= threshold


def order_of(stop_id: str) -> str:
    """The order of a drop."""
    return stop_id.removesuffix(LARGE)


def _large(items: Sequence[Item], threshold: int) -> tuple[int, int]:
    """Grams and millilitres of the large items."""
    mine = [each for each in items if is_large(each.grams, threshold)]
    return sum(e.grams * e.units for e in mine), sum(e.millilitres * e.units for e in mine)
