"""A store's report against what it had promised. Pure."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from linli.catalogue import Product
from linli.kernel.errors import Conflict, Invalid
from linli.kernel.ids import CommandId, Sku, StoreId
from linli.orders.model import MOST_LINES, Line, Order, SourceOf, UnknownSku
from linli.orders.money import found_fen
from linli.orders.progress import OrderPart, PickedLine, Substitute

MOST_SHELVES = 37
"""
An order's end writes a level and a move for each shelf, beside up to 23 items of its own: turn,
delivery, points, deposit, coupons, boxes, cash. A transaction ends at 100.
"""


class GivenInstead(BaseModel):
    """Another product for units that were not there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    units: int = Field(strict=True, gt=0, le=999)


class FoundLine(BaseModel):
    """What was found of a line of the store's part; weighed, if it is sold by weight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    units: int = Field(strict=True, ge=0, le=999)
    grams: int | None = Field(default=None, strict=True, gt=0, le=10_000_000)
    substitute: GivenInstead | None = None


class Pick(BaseModel):
    """A store's report on its part of an order; every line of the part, also what is missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    order_id: CommandId
    store_id: StoreId
    lines: Annotated[tuple[FoundLine, ...], Field(min_length=1, max_length=MOST_LINES)]


class WrongPart(Invalid):
    """The report does not name each line of the store's part once, or finds too much."""

    code = "wrong_part"
    title_en = "This is not your part of the order"
    title_zh = "与本店应拣部分不符"


class NotWeighed(Invalid):
    """Goods sold by weight come with grams, others without."""

    code = "not_weighed"
    title_en = "Goods sold by weight are weighed, others are not"
    title_zh = "称重商品须填写重量，其他商品不填"


class NotAgreed(Conflict):
    """The resident has not agreed to this substitute."""

    code = "not_agreed"
    title_en = "The resident has not agreed to this substitute"
    title_zh = "居民未同意该替代品"


def part_of(order: Order, report: Pick, products: Mapping[str, Product]) -> OrderPart:
    """
    The store's part of `order` as it was found; `products` has the substitutes.

    Raises:
        WrongPart, NotWeighed, NotAgreed
        UnknownSku: Nobody sells the substitute.
    """
    mine = {
        line.sku: (line, source)
        for line in order.lines
        for source in line.sources
        if source.store_id == report.store_id
    }
    told = {line.sku: line for line in report.lines}
    if told.keys() != mine.keys() or len(told) != len(report.lines):
        raise WrongPart(skus=sorted(mine))
    _check_shelves(order, report)
    lines = tuple(_found(order, *mine[sku], told[sku], products) for sku in sorted(mine))
    return OrderPart(store_id=report.store_id, lines=lines)


def _check_shelves(order: Order, report: Pick) -> None:
    """A shelf is written once: substitutes are no products of the order, and each is given once."""
    given = [line.substitute.sku for line in report.lines if line.substitute]
    known = {line.sku for line in order.lines}
    shelves = sum(len(line.sources) for line in order.lines) + len(given)
    for part in order.progress.parts:
        shelves += sum(line.substitute is not None for line in part.lines)
    if len(set(given)) < len(given) or known & set(given) or shelves > MOST_SHELVES:
        raise WrongPart("each substitute is another product")


def _found(
    order: Order,
    line: Line,
    source: SourceOf,
    told: FoundLine,
    products: Mapping[str, Product],
) -> PickedLine:
    if told.units > source.units:
        raise WrongPart("more than was promised", sku=line.sku, most=source.units)
    if (told.grams is not None) != (line.by_weight and told.units > 0):
        raise NotWeighed(sku=line.sku)
    short_units = source.units - told.units
    return PickedLine(
        sku=line.sku,
        owner_id=source.owner_id,
        units=told.units,
        short_units=short_units,
        grams=told.grams,
        fen=found_fen(line, told.units, told.grams),
        substitute=_substitute(order, line, told, short_units, products),
    )


def _substitute(
    order: Order,
    line: Line,
    told: FoundLine,
    short_units: int,
    products: Mapping[str, Product],
) -> Substitute | None:
    given = told.substitute
    if given is None:
        return None
    agreed = order.progress.agreed.get(line.sku) == given.sku
    if line.substitute == "no" or (line.substitute == "ask" and not agreed):
        raise NotAgreed(sku=line.sku)
    if given.units > short_units:
        raise WrongPart("more than is missing", sku=line.sku, most=short_units)
    if given.sku not in products:
        raise UnknownSku(skus=[given.sku])
    price_fen = min(line.price_fen, products[given.sku].price_fen)
    return Substitute(sku=given.sku, units=given.units, fen=price_fen * given.units)
