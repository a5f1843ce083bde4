"""What becomes of a cycle, and which arrival serves which order. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from linli.presale.model import Cycle, PresaleOrder, Stack

MOST_PIECES = 24
"""An order is served from at most so many parts of arrivals: one transaction is bounded."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a closed cycle comes to: its demand by SKU, and the orders that are not served."""

    state: Literal["ordered", "failed"]
    demand: Mapping[str, int]
    dropped: tuple[str, ...]
    voided: Mapping[str, str]


def outcome(cycle: Cycle, orders: Sequence[PresaleOrder]) -> Outcome:
    """
    Decide on a cycle whose orders cannot change any more.

    Online orders that were not paid are void. A SKU below its minimum is not bought, and an
    order is served whole or not at all, so its orders are void, which may bring another SKU
    below its minimum, and so on. What is left must reach the cycle's minimum, or all are void.
    """
    voided = {o.order_id: "unpaid" for o in orders if o.payment == "due"}
    dropped: set[str] = set()
    while True:
        left = [o for o in orders if o.order_id not in voided]
        demand = _demand(left)
        short = {g.sku for g in cycle.goods if 0 < demand[g.sku] < g.minimum_units} - dropped
        if not short:
            break
        dropped |= short
        voided |= {o.order_id: "sku_dropped" for o in left if short & set(o.wanted)}
    if not left or sum(order.goods_fen for order in left) < cycle.minimum_fen:
        voided |= {order.order_id: "cycle_failed" for order in left}
        return Outcome("failed", {}, tuple(sorted(dropped)), voided)
    return Outcome("ordered", +demand, tuple(sorted(dropped)), voided)


def _demand(orders: Iterable[PresaleOrder]) -> Counter[str]:
    demand: Counter[str] = Counter()
    for order in orders:
        demand.update(order.wanted)
    return demand


def in_cases(units: int, case_units: int) -> int:
    """`units` rounded up to whole cases."""
    return -(-units // case_units) * case_units


Piece = tuple[Stack, int]
"""Units of an arrival."""


def allot(order: PresaleOrder, stacks: Sequence[Stack], good_on: date) -> list[Piece] | None:
    """
    The parts of arrivals that serve the whole order, the first to expire that are good on
    `good_on` first; None while something is missing.
    """
    pieces: list[Piece] = []
    for sku, units in order.wanted.items():
        fitting = [
            stack
            for stack in sorted(stacks, key=lambda s: (s.arrival.expires_on, str(s.arrival.id)))
            if stack.arrival.sku == sku and stack.arrival.expires_on >= good_on
        ]
        for stack in fitting:
            part = min(units, stack.left_units)
            if part > 0:
                pieces.append((stack, part))
                units -= part
        if units:
            return None
    return pieces if len(pieces) <= MOST_PIECES else None
