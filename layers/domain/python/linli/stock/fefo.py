"""First expired, first out: what is left of each lot, and whose order gets which. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Lot:
    """
    Units of one SKU that came into a store together and expire together.

    `units` are those booked in, less those booked out by naming the lot. What leaves without a
    lot's name (a sale at the till knows only the GTIN) is taken to be the first expired.
    """

    lot_id: str
    expires_on: date
    units: int
    received_on: date
    supplier_id: str | None = None
    supplier_lot: str | None = None
    received_celsius: float | None = None
    cost_fen: int | None = None
    """What a unit of it cost the store, if the receipt told."""


@dataclass(frozen=True, slots=True)
class Share:
    """Units of a lot for an order; no lot means that the store's lots do not account for them."""

    order_id: str
    units: int
    lot_id: str | None
    expires_on: date | None


def in_order(lots: Iterable[Lot]) -> list[Lot]:
    """The lots by their last day, of one day by their ids."""
    return sorted(lots, key=lambda lot: (lot.expires_on, lot.lot_id))


def remaining(lots: Iterable[Lot], on_hand_units: int) -> list[Lot]:
    """What is on hand of each lot that is not used up, the first to expire first."""
    left, found = on_hand_units, []
    for lot in reversed(in_order(lots)):
        units = min(left, lot.units)
        left -= units
        if units > 0:
            found.append(replace(lot, units=units))
    return found[::-1]


def take(lots: Sequence[Lot], units: int) -> list[Lot]:
    """The first `units` of `lots` in their order; fewer if there are fewer."""
    taken = []
    for lot in lots:
        part = min(units, lot.units)
        if part > 0:
            taken.append(replace(lot, units=part))
            units -= part
    return taken


def drop(lots: Sequence[Lot], units: int) -> list[Lot]:
    """`lots` without their first `units`."""
    left = []
    for lot in lots:
        gone = min(units, lot.units)
        units -= gone
        if lot.units > gone:
            left.append(replace(lot, units=lot.units - gone))
    return left


def allocate(lots: Sequence[Lot], wanted: Sequence[tuple[str, int]], good_on: date) -> list[Share]:
    """
    Give each order of `wanted` (order_id, units), in that order, the first units to expire that
    are still good on `good_on`; what the lots do not cover comes without a lot.
    """
    left, shares = [lot for lot in in_order(lots) if lot.expires_on >= good_on], []
    for order_id, units in wanted:
        taken = take(left, units)
        left = drop(left, units)
        shares += [Share(order_id, lot.units, lot.lot_id, lot.expires_on) for lot in taken]
        missing = units - sum(lot.units for lot in taken)
        if missing:
            shares.append(Share(order_id, missing, None, None))
    return shares
