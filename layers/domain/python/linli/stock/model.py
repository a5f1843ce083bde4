"""Levels of stock, where an order's units come from, and the refusals of the stock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from linli.kernel.errors import Conflict, Contended, Refused
from linli.kernel.time import local_date
from linli.stock import hours, shards

Shelf = tuple[str, str]
"""(store_id, sku)"""


class OutOfStock(Refused):
    """The pool cannot promise what was asked for; `short` names each SKU and the units missing."""

    code = "out_of_stock"
    title_en = "Not enough stock near you"
    title_zh = "附近门店库存不足"


class NotEnoughOnHand(Refused):
    """More units are to leave than are free in the store."""

    code = "not_enough_on_hand"
    title_en = "The store does not have that many free units"
    title_zh = "门店可用库存不足"


class UnknownLot(Refused):
    """The store never booked in such a lot of this SKU, or not so many units of it."""

    code = "unknown_lot"
    status = 422
    title_en = "No such lot, or fewer units of it"
    title_zh = "没有该批次或数量不足"


class ExpiredGoods(Refused):
    """Goods whose last day is over are not taken in."""

    code = "expired_goods"
    status = 422
    title_en = "These goods have expired"
    title_zh = "商品已过期"


class TooWarm(Refused):
    """Goods of a cold zone came in warmer than their zone allows."""

    code = "too_warm"
    status = 422
    title_en = "These goods arrived too warm"
    title_zh = "到货温度过高"


class NotForEmergencies(Refused):
    """Only goods on the emergency list have a reserve."""

    code = "not_for_emergencies"
    title_en = "This product is not on the emergency list"
    title_zh = "该商品不在应急清单上"


class UnknownGoods(Refused):
    """A command names a product that nobody sells."""

    code = "unknown_sku"
    status = 422
    title_en = "Unknown product"
    title_zh = "未知商品"


class ShelfMoved(Contended):
    """The shelf was changed since it was read; use cases read it anew, a client sends again."""


class NothingToSplit(Conflict):
    """Only a shelf that goods were booked in to is split."""

    code = "nothing_to_split"
    title_en = "The store never had any of this product"
    title_zh = "该门店从未有过此商品"


@dataclass(frozen=True, slots=True)
class Shard:
    """What one of a split shelf's items counts; the shelf has the sum of them."""

    atp_units: int = 0
    held_units: int = 0
    sold_units: int = 0
    written_off_units: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """
    The stock of one SKU in one store, in units.

    Invariant (I1): atp + held + sold = received - written_off, and atp >= 0. `received` is all
    that was booked in (receipts, transfers in, found at a stocktake), `written_off` all that was
    booked out unsold (losses, expiry, returns to suppliers, transfers out, missing at a
    stocktake); the moves tell which. `inbound` is in transit to this store and not yet here.

    Of the ATP, orders leave alone: `reserve_units` for emergencies; what the store's walk-ins are
    expected to want (`protection` by hour of week, at least `protected_units`); and what expires
    before the order would be handed over (`dated` has the units booked in by their last day).
    `terms` counts the changes of reserve and dates: a promise is made on the terms it has read.

    A hot shelf may be split (see `shards`): the level is the sum of its `shards` then, of which
    promises begin at the first `open_shards`.
    """

    store_id: str
    sku: str
    received_units: int = 0
    written_off_units: int = 0
    sold_units: int = 0
    held_units: int = 0
    atp_units: int = 0
    inbound_units: int = 0
    protected_units: int = 0
    reserve_units: int = 0
    terms: int = 0
    protection: str = ""
    dated: Mapping[date, int] = field(default_factory=dict)
    shards: tuple[Shard, ...] = ()
    open_shards: int = 1

    @property
    def split(self) -> tuple[int, ...]:
        """The ATP of each of its items; there is one, if the shelf is not split."""
        return tuple(shard.atp_units for shard in self.shards) or (self.atp_units,)

    @property
    def on_hand_units(self) -> int:
        """What is in the store."""
        return self.atp_units + self.held_units

    def protected_at(self, now: datetime) -> int:
        """Units kept at `now` for the store's own walk-ins."""
        expected = hours.at(self.protection, now) if self.protection else 0
        return max(self.protected_units, expected)

    def short_units(self, until: date) -> int:
        """
        Units on hand whose last day is before `until`: the first expired leave first, so what is
        on hand is what expires last.
        """
        good = sum(units for last, units in self.dated.items() if last >= until)
        return max(0, self.on_hand_units - good)

    def expired_units(self, today: date) -> int:
        """Units on hand of lots whose last day is over; not those that no lot accounts for."""
        accounted = min(self.on_hand_units, sum(self.dated.values()))
        good = sum(units for last, units in self.dated.items() if last >= today)
        return max(0, accounted - good)

    def kept_units(
        self, now: datetime, until: date | None = None, *, emergency: bool = False
    ) -> int:
        """
        The ATP that an order placed at `now` and handed over on the day `until` leaves alone.

        Walk-ins are served today, so goods that are too short-lived for the order count towards
        what is protected for them. An emergency order may take the reserve.
        """
        short = self.short_units(until or local_date(now))
        reserve = 0 if emergency else self.reserve_units
        return max(self.protected_at(now), short) + reserve

    def free_units(
        self, now: datetime, until: date | None = None, *, emergency: bool = False
    ) -> int:
        """What the pool may promise to such an order."""
        return max(0, self.atp_units - self.kept_units(now, until, emergency=emergency))


@dataclass(frozen=True, slots=True)
class Source:
    """
    Units of a line that one store supplies; `owner_id` says whose stock it was.

    The promise leaves `kept_units` of the ATP alone and holds on the `terms` that it has read. On a
    shelf that is split (`split`: the ATP of its items as read) the held units are counted at
    `shard`, from wherever they were taken.
    """

    store_id: str
    owner_id: str
    sku: str
    units: int
    kept_units: int = 0
    terms: int = 0
    shard: int = 0
    split: tuple[int, ...] = ()
    open_shards: int = 1

    def beginning_at(self, seed: str) -> "Source":
        """It, counted at the first open shard from that of `seed` that can give it all, if any."""
        if len(self.split) < 2:
            return self
        first = shards.begin_at(seed, self.open_shards)
        found = shards.takes(self.split, self.units, self.kept_units, first) or []
        able = found[0].shard if len(found) == 1 else first
        return replace(self, shard=able if able < self.open_shards else first)
