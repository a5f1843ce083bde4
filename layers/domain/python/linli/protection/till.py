"""A sale at a store's till: sold at once, and remembered as the demand of walk-ins."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from linli import stock
from linli.kernel.errors import Invalid
from linli.kernel.ids import CommandId, Sku, StoreId, fingerprint
from linli.kernel.time import ZONE, local_date
from linli.kernel.transact import Transaction
from linli.protection.rows import DemandRow, demand_key, hour
from linli.stock import NotEnoughOnHand, Why

AHEAD = timedelta(minutes=5)
"""How far a till's clock may be ahead of ours before we do not believe it."""
OLDEST = timedelta(days=7)
"""How late a till that was offline may tell of a sale."""
MOST_LINES = 20


class TillLine(BaseModel):
    """Units of one product."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    units: int = Field(strict=True, gt=0, le=999)


class TillSale(BaseModel):
    """What a walk-in bought; a till that was offline tells it later, with its own time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    store_id: StoreId
    lines: Annotated[tuple[TillLine, ...], Field(min_length=1, max_length=MOST_LINES)]
    sold_at: AwareDatetime
    offline: bool = Field(
        default=False,
        description="The till was offline and the goods are gone: what the books do not have of "
        "them is noted as a conflict, for the store to settle by a stocktake",
    )

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if len({line.sku for line in self.lines}) < len(self.lines):
            raise ValueError("each SKU may appear on one line only")
        return self


def sell_at_till(sale: TillSale, *, by: str, now: datetime) -> bool:
    """
    Sell from the store's ATP, protected units included, held ones never, and count the demand;
    one transaction. What an offline till has sold beyond that becomes a conflict. False: it was
    told before.

    Raises:
        Invalid: `sold_at` is in the future, or too long ago.
        NotEnoughOnHand: The store has fewer free units, and the till is online; `skus` says of
            what.
        IdReused: The id was used for another command of this store.
    """
    if not now - OLDEST <= sale.sold_at <= now + AHEAD:
        raise Invalid("a sale is told within a week, and not before it happened")
    happened_at = min(sale.sold_at, now)
    why = Why(str(sale.id), "till_sold", by, now, happened_at=sale.sold_at)

    def write(tx: Transaction) -> None:
        found = stock.levels((sale.store_id, line.sku) for line in sale.lines)
        for line in sale.lines:
            seen = found[sale.store_id, line.sku]
            there = min(line.units, seen.atp_units) if sale.offline else line.units
            if there:
                stock.sell_at_till(tx, seen, there, why, NotEnoughOnHand(skus=[line.sku]))
            if there < line.units:
                stock.note_conflict(tx, seen, line.units - there, why)
            count(tx, sale.store_id, line.sku, line.units, happened_at)

    return stock.once(sale.store_id, sale.id, fingerprint(sale, kind="till_sold"), now, write)


def count(tx: Transaction, store_id: str, sku: str, units: int, at: datetime) -> None:
    """Remember what walk-ins bought, in the hour in which they did; 1 write."""
    row = DemandRow(store_id, demand_key(local_date(at), sku))
    tx.update(row, [hour(at.astimezone(ZONE).hour).add(units)])
