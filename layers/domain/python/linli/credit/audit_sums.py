"""What the transfers of the ledger say, summed up for the items that must agree with them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from linli.credit import lots, score
from linli.credit.keys import MERCHANT, ORDERS, PAID, account_of, lot_key, quota_of, redeemed
from linli.credit.model import Currency, State
from linli.credit.rows import LedgerItem
from linli.credit.window import milliseconds
from linli.kernel.time import local_date, parse_instant

Key = tuple[str, str]
_PAIRS: Final = frozenset(
    {
        ("issuer", "points"),
        ("points", "issuer"),
        ("cash", "deposit"),
        ("deposit", "cash"),
        ("deposit", "forfeits"),
        ("forfeits", "deposit"),
        ("programme", "commission"),
        ("commission", "programme"),
        ("commission", "cash"),
        ("programme", "merchant"),
        ("merchant", "cash"),
    }
)
"""Between which kinds of accounts something moves, and in which direction."""


@dataclass(slots=True)
class Sums:
    """Sums of transfers by the key of the item that must agree; `settle` when all are in."""

    breaches: list[str] = field(default_factory=list)
    available: Counter[Key] = field(default_factory=Counter)
    held: Counter[Key] = field(default_factory=Counter)
    spent: Counter[Key] = field(default_factory=Counter)
    days: Counter[Key] = field(default_factory=Counter)
    lots: Counter[Key] = field(default_factory=Counter)
    weights: Counter[Key] = field(default_factory=Counter)
    deeds: dict[Key, list[tuple[int, str]]] = field(default_factory=dict)
    redeemed: Counter[Key] = field(default_factory=Counter)
    quotas: Counter[str] = field(default_factory=Counter)
    coupons: Counter[str] = field(default_factory=Counter)
    owed: Counter[str] = field(default_factory=Counter)
    bought: set[str] = field(default_factory=set)
    granted_points: int = 0
    burnt_points: int = 0
    _granted: dict[tuple[str, str], tuple[str, int, date]] = field(default_factory=dict)
    _reversed: list[tuple[str, str, int]] = field(default_factory=list)

    def add(self, holder: str, item: LedgerItem) -> None:
        """Take one transfer in."""
        units, posted = int(item.units or 0), int(item.posted_units or 0)
        self._check(holder, item, units, posted)
        debit, credit = account_of(str(item.debit)), account_of(str(item.credit))
        if credit is not None:
            self.available[credit] += posted
        if debit is not None:
            self.available[debit] -= posted
            if item.currency == Currency.POINTS:
                self.spent[debit] += posted
            if item.state == State.PENDING:
                self.available[debit] -= units
                self.held[debit] += units
        if holder.startswith(MERCHANT):
            self._merchant(holder, item, posted)
        if item.capped_on and item.state in (State.PENDING, State.POSTED):
            counted = posted if item.state == State.POSTED else units
            self._cap(holder, item, counted, credit is not None)
        if item.currency == Currency.POINTS:
            self._points(holder, item, posted, credit is not None)

    def _check(self, holder: str, item: LedgerItem, units: int, posted: int) -> None:
        ends = str(item.debit), str(item.credit)
        kinds = ends[0].partition("/")[0], ends[1].partition("/")[0]
        persons = [account_of(end) for end in ends if account_of(end)]
        money = item.currency == Currency.CNY
        is_money = not {"points", "issuer"} & set(kinds)
        mine = all(person is not None and person[0] == holder for person in persons)
        if kinds not in _PAIRS or money != is_money or not mine:
            self.breaches.append(f"transfer {item.sk}: wrong accounts")
        if not 0 <= posted <= units or (item.state != State.POSTED and posted):
            self.breaches.append(f"transfer {item.sk}: wrong amounts")

    def _merchant(self, holder: str, item: LedgerItem, posted: int) -> None:
        """`owed` by all entries, `spent` what of it was paid."""
        paid = str(item.debit) == holder
        self.owed[holder] += -posted if paid else posted
        if holder not in (item.debit, item.credit):
            self.breaches.append(f"transfer {item.sk}: wrong accounts")
        if paid:
            self.spent[holder, PAID] += posted

    def _cap(self, holder: str, item: LedgerItem, units: int, into: bool) -> None:
        on = str(item.capped_on)
        self.days[holder, f"{'EARNED' if into else 'SPENT'}#{on}"] += units
        if item.parts:
            day = quota_of(str(item.community_id), ORDERS, date.fromisoformat(on))
            self.quotas[day] += units
        if item.rule:
            at = milliseconds(parse_instant(str(item.at)))
            self.deeds.setdefault((holder, str(item.reason)), []).append((at, item.rule))

    def _points(self, holder: str, item: LedgerItem, posted: int, into: bool) -> None:
        if not into:
            self.burnt_points += posted
        else:
            self.granted_points += posted
            at = parse_instant(str(item.at))
            self.lots[holder, lot_key(lots.last_day(at))] += posted
            if item.community_id:
                on = local_date(at)
                self.weights[item.community_id, holder] += score.weight(posted, on)
                self._granted[holder, item.sk] = item.community_id, posted, on
        if item.reverses:
            self._reversed.append((holder, str(item.reverses), posted))
        if str(item.reason).startswith("redeemed:"):
            self._redeemed(holder, item)

    def _redeemed(self, holder: str, item: LedgerItem) -> None:
        on = local_date(parse_instant(str(item.at)))
        reward = str(item.reason).partition(":")[2]
        self.redeemed[f"RESIDENT#{holder}", redeemed(on)] += 1
        self.quotas[f"QUOTA#{item.community_id}#{reward}#{on.isoformat()}"] += 1
        self.bought.add(item.sk)

    def settle(self) -> None:
        """Take back what reversed deeds weighed."""
        for holder, transfer_id, posted in self._reversed:
            found = self._granted.get((holder, transfer_id))
            if found is not None:
                community_id, _, on = found
                self.weights[community_id, holder] -= score.weight(posted, on)
