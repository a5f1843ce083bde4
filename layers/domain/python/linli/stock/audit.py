"""What an audit needs of the stock table; reads it whole."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from linli.kernel import reads
from linli.stock.model import Level, Shelf
from linli.stock.rows import StockItem, level_of
from linli.stock.rows_between import TRANSFER

LotKey = tuple[str, str]
"""(expires_on, lot_id)"""


@dataclass(frozen=True, slots=True)
class Booked:
    """
    A level beside what its moves and lots add up to, in units.

    `received` is all that came in, `written_off` all that left unsold, `sold` what was sold, of
    that `delivered` with orders, as the moves tell it; `lots` what each lot has beside what the
    moves that name it add up to. `inbound` is what is in transit to the store; `astray` names the
    transfers of the store's whose units are not all in exactly one place.
    """

    level: Level
    received_units: int = 0
    written_off_units: int = 0
    sold_units: int = 0
    delivered_units: int = 0
    moves: int = 0
    inbound_units: int = 0
    astray: tuple[str, ...] = ()
    lots: tuple[tuple[LotKey, int, int], ...] = ()
    swept: tuple[tuple[str, int], ...] = ()
    late_units: int = 0
    """Sold by tills beyond what the books have; waits for a count."""
    apart: bool = False
    """Whether its items do not belong together: too many, too few, or on other terms."""

    @property
    def dated_units(self) -> Mapping[date, int]:
        """What the lots have by their last day, less what is gone since."""
        found: Counter[date] = Counter()
        for expires_on, units in self.swept:
            found[date.fromisoformat(expires_on)] -= units
        for (expires_on, _), units, _ in self.lots:
            found[date.fromisoformat(expires_on)] += units
        return found


@dataclass(slots=True)
class _Tally:
    shelf: Shelf
    base: StockItem | None = None
    others: list[StockItem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lots: Counter[LotKey] = field(default_factory=Counter)
    moved: Counter[LotKey] = field(default_factory=Counter)
    astray: list[str] = field(default_factory=list)
    swept: Counter[str] = field(default_factory=Counter)

    def add_move(self, item: StockItem) -> None:
        """Count a move under what it did."""
        units = int(item.units or 0)
        sold = item.kind in ("sold", "till_sold")
        name = "sold" if sold else "received" if units > 0 else "written_off"
        self.counts[name] += abs(units)
        self.counts["delivered"] += abs(units) if item.kind == "sold" else 0
        self.counts["moves"] += 1
        if item.lot_id and item.expires_on:
            self.moved[item.expires_on, item.lot_id] += units

    def add_item(self, item: StockItem) -> None:
        """Take an item of the shelf itself."""
        if "#" in item.sk:
            self.others.append(item)
        else:
            self.base = item

    def booked(self) -> Booked:
        """The sums."""
        lots = self.lots.keys() | self.moved.keys()
        others = sorted(self.others, key=lambda item: item.sk)
        expected = int(self.base.shards or 1) - 1 if self.base else 0
        terms = {int(item.terms or 0) for item in (*others, *([self.base] if self.base else []))}
        return Booked(
            level=level_of(*self.shelf, self.base, others),
            apart=len(others) != expected or len(terms) > 1,
            received_units=self.counts["received"],
            written_off_units=self.counts["written_off"],
            sold_units=self.counts["sold"],
            delivered_units=self.counts["delivered"],
            moves=self.counts["moves"],
            inbound_units=self.counts["inbound"],
            astray=tuple(sorted(self.astray)),
            swept=tuple(sorted(self.swept.items())),
            late_units=self.counts["late"],
            lots=tuple((key, self.lots[key], self.moved[key]) for key in sorted(lots)),
        )


class _Tallies(dict[Shelf, _Tally]):
    def __missing__(self, shelf: Shelf) -> _Tally:
        self[shelf] = _Tally(shelf)
        return self[shelf]


def booked() -> dict[Shelf, Booked]:
    """Every level with its moves and lots, also where one of them is missing."""
    tallies, transfers = _Tallies(), list[StockItem]()
    carried: Counter[tuple[str, str]] = Counter()
    for item in reads.scan(StockItem):
        kind, *shelf = item.pk.split("#")
        if kind == "MOVES":
            tallies[shelf[0], shelf[1]].add_move(item)
            carried[str(item.reference), str(item.kind)] += int(item.units or 0)
        elif kind == "TRANSFER" and item.sk == TRANSFER:
            transfers.append(item)
        elif kind == "CONFLICTS":
            tally = tallies[shelf[0], item.sk.partition("#")[0]]
            tally.counts["late"] += int(item.units or 0)
        elif kind == "LOTS":
            expires_on, _, lot_id = item.sk.partition("#")
            tallies[shelf[0], shelf[1]].lots[expires_on, lot_id] = int(item.units or 0)
            tallies[shelf[0], shelf[1]].swept[expires_on] += int(item.swept_units or 0)
        elif not shelf and item.sk[:1].isdigit():
            tallies[item.pk, item.sk.partition("#")[0]].add_item(item)
    for item in transfers:
        _add_transfer(tallies, item, carried)
    return {shelf: tally.booked() for shelf, tally in sorted(tallies.items())}


def _add_transfer(
    tallies: _Tallies, item: StockItem, carried: Mapping[tuple[str, str], int]
) -> None:
    """What is shipped and not received is inbound; what left is what came, or was lost."""
    transfer_id, sku = item.pk.removeprefix("TRANSFER#"), str(item.sku)
    left = -carried[transfer_id, "transfer_out"]
    came = carried[transfer_id, "transfer_in"]
    lost, shipped = int(item.lost_units or 0), int(item.shipped_units or 0)
    if item.state == "shipped":
        tallies[str(item.to_store_id), sku].counts["inbound"] += shipped
    if left != shipped or (item.state == "received" and left != came + lost):
        tallies[str(item.from_store_id), sku].astray.append(transfer_id)
