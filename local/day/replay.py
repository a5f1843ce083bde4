"""The same baskets against the same opening stock under another rule of who may sell. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.day.baskets import Basket, Held


@dataclass(frozen=True, slots=True)
class FillRate:
    """How much of the demand was met; a basket is filled whole or refused whole."""

    orders: int
    filled_orders: int
    units: int
    filled_units: int

    @property
    def of_orders(self) -> float:
        """Share of the orders that were filled (0 when there were none)."""
        return self.filled_orders / self.orders if self.orders else 0.0

    @property
    def of_units(self) -> float:
        """Share of the units wanted that were in filled orders (0 when none was wanted)."""
        return self.filled_units / self.units if self.units else 0.0


def replay(
    baskets: Sequence[Basket], opening: Held, sellers: Mapping[str, Sequence[str]]
) -> FillRate:
    """
    Fill the baskets in the order of time, each whole from its resident's `sellers` or not at all.

    Args:
        opening: Units by (store id, SKU) when the day opens; not changed.
        sellers: Store ids by the resident's subject, taken in this order.
    """
    left = dict(opening)
    filled = [basket for basket in baskets if _take(basket, left, sellers)]
    return FillRate(
        orders=len(baskets),
        filled_orders=len(filled),
        units=sum(basket.units for basket in baskets),
        filled_units=sum(basket.units for basket in filled),
    )


def separate(baskets: Sequence[Basket], opening: Held) -> FillRate:
    """The day with separate stocks: everyone buys at their nearest store or nowhere."""
    sellers = {one.resident.subject: [one.resident.nearest_store_id] for one in baskets}
    return replay(baskets, opening, sellers)


def _take(
    basket: Basket, left: dict[tuple[str, str], int], sellers: Mapping[str, Sequence[str]]
) -> bool:
    stores = sellers[basket.resident.subject]
    for sku, units in basket.lines:
        if sum(left.get((store_id, sku), 0) for store_id in stores) < units:
            return False
    for sku, units in basket.lines:
        for store_id in stores:
            taken = min(units, left.get((store_id, sku), 0))
            left[store_id, sku] = left.get((store_id, sku), 0) - taken
            units -= taken
    return True
