"""
Segmented unloading (分段式卸货): an order's large items and its light ones as drops of their own.

Couriers unload faster when a trolley takes what is large of a whole building and a bag what is
light; who then gets an order in two halves waits longer for the second, and complains more. The
threshold between large and light is learnt from unloadings at several thresholds: it is the one at
which a courier's time and complaints together cost least. Which threshold an unloading was done at
must have been chosen without regard to the building, else the comparison says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from linli.routing.model import LARGEST
from linli.routing.rules import Doorstep

NEVER = LARGEST
"""A threshold that nothing reaches: all is unloaded in one drop."""
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
class Judged:
    """A threshold with its means; `cost_fen` is that of a thousand orders."""

    threshold_grams: int
    unloadings: int
    items_per_hour: float
    complaint_rate: float
    cost_fen: float


def judged(
    history: Sequence[Unloading],
    courier_fen_per_hour: int = COURIER_FEN_PER_HOUR,
    complaint_fen: int = COMPLAINT_FEN,
) -> list[Judged]:
    """Every threshold with enough unloadings, the cheapest first; of equals, the highest."""
    common = _rate(history, 0.0, 0)
    found = []
    for threshold in {each.threshold_grams for each in history}:
        mine = [each for each in history if each.threshold_grams == threshold]
        orders, seconds = sum(e.orders for e in mine), sum(e.seconds for e in mine)
        if len(mine) < ENOUGH or not orders or not seconds:
            continue
        rate = _rate(mine, common, PRIOR_ORDERS)
        cost = 1_000 * (seconds / orders * courier_fen_per_hour / 3_600 + rate * complaint_fen)
        per_hour = sum(each.items for each in mine) * 3_600 / seconds
        found.append(Judged(threshold, len(mine), per_hour, rate, cost))
    return sorted(found, key=lambda each: (each.cost_fen, -each.threshold_grams))


def _rate(history: Sequence[Unloading], prior: float, weight: int) -> float:
    complaints, orders = sum(e.complaints for e in history), sum(e.orders for e in history)
    return (complaints + prior * weight) / max(1, orders + weight)


def threshold_grams(history: Sequence[Unloading]) -> int:
    """The threshold to unload at; `NEVER` until one has been tried often enough."""
    ranked = judged(history)
    return ranked[0].threshold_grams if ranked else NEVER


@dataclass(frozen=True, slots=True)
class Item:
    """Some units of one product that a store gives for an order; `grams` are one unit's."""

    grams: int
    units: int


def segmented(
    doorstep: Doorstep, items: Mapping[str, Sequence[Item]], threshold: int, neighbours: int
) -> tuple[Doorstep, ...]:
    """
    The doorstep as one drop, or as two where `neighbours` orders go to the same building too and
    it has both large and light items. Boxes and returns stay with the light ones; what leaving
    the order out costs is shared by mass. The large drop's id is the order's with `LARGE`.
    """
    large = {store: _grams(each, threshold) for store, each in items.items()}
    heavy, total = sum(large.values()), sum(grams for grams, _ in doorstep.parts.values())
    if not neighbours or not 0 < heavy < total:
        return (doorstep,)
    share = doorstep.penalty_fen * heavy // total
    light = {
        store: (grams - large.get(store, 0), boxes)
        for store, (grams, boxes) in doorstep.parts.items()
        if grams > large.get(store, 0) or boxes
    }
    return (
        replace(doorstep, parts=light, penalty_fen=doorstep.penalty_fen - share),
        replace(
            doorstep,
            order_id=doorstep.order_id + LARGE,
            drop_of=doorstep.order_id,
            parts={store: (grams, 0) for store, grams in large.items() if grams},
            penalty_fen=share,
            returns={},
            cold_boxes={},
        ),
    )


def _grams(items: Sequence[Item], threshold: int) -> int:
    return sum(each.grams * each.units for each in items if each.grams >= threshold)
