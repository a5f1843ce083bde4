"""Whether the ledger keeps guarantee I3; reads the table whole."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from linli.credit.earning import MOST_EARNED_POINTS_A_DAY
from linli.credit.model import CASH, ISSUER, Currency, State
from linli.credit.rows import DEPOSIT, POINTS, LedgerItem
from linli.kernel import reads

_SYSTEM = frozenset({ISSUER.name, CASH.name})


@dataclass(slots=True)
class LedgerAudit:
    """
    What the ledger adds up to. `deposits_fen`: what each resident is owed for boxes;
    `transfers`: the state of each transfer by its id, and what it has posted.
    """

    breaches: list[str] = field(default_factory=list)
    deposits_fen: dict[str, int] = field(default_factory=dict)
    granted_points: int = 0
    burnt_points: int = 0
    transfers: dict[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Sums:
    """What transfers say, by (resident, sort key) of the item that must agree."""

    available: Counter[tuple[str, str]] = field(default_factory=Counter)
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    days: Counter[tuple[str, str]] = field(default_factory=Counter)


def audit(*, cap_points: int | None = None) -> LedgerAudit:
    """
    Check I3: each balance and day counter is the sum of its transfers, none is negative, no day's
    spending exceeds `cap_points` and no day's deeds their own cap; points granted less points
    burnt are the points there are.

    Read while nobody writes: a scan sees no moment.
    """
    result, sums = LedgerAudit(), _Sums()
    balances: dict[tuple[str, str], tuple[int, int]] = {}
    days: dict[tuple[str, str], int] = {}
    for item in reads.scan(LedgerItem):
        partition, _, resident = item.pk.partition("#")
        if partition == "TRANSFERS":
            result.breaches += _add(sums, result, resident, item)
        elif partition == "RESIDENT" and item.sk in (POINTS, DEPOSIT):
            units = int(item.available_units or 0), int(item.held_units or 0)
            balances[resident, item.sk] = units
        elif partition == "RESIDENT":
            days[resident, item.sk] = int(item.points or 0)
    result.deposits_fen = {who: a for (who, sk), (a, _) in balances.items() if sk == DEPOSIT and a}
    result.breaches += _compare(sums, balances, days, cap_points)
    points = sum(a + h for (_, sk), (a, h) in balances.items() if sk == POINTS)
    if points != result.granted_points - result.burnt_points:
        result.breaches.append("the points there are do not equal those granted less those burnt")
    return result


def _add(sums: _Sums, result: LedgerAudit, resident: str, item: LedgerItem) -> Iterator[str]:
    """Take one transfer into the sums; yields what is wrong with itself."""
    units, posted = int(item.units or 0), int(item.posted_units or 0)
    result.transfers[item.sk] = str(item.state), posted
    money = item.currency == Currency.CNY
    account = (resident, DEPOSIT if money else POINTS)
    into = item.debit in _SYSTEM
    system, person = (item.debit, item.credit) if into else (item.credit, item.debit)
    expected = f"{'deposit' if money else 'points'}/{resident}"
    if person != expected or system != (CASH.name if money else ISSUER.name):
        yield f"transfer {item.sk}: wrong accounts"
    if not 0 <= posted <= units or (item.state != State.POSTED and posted):
        yield f"transfer {item.sk}: wrong amounts"
    sums.available[account] += posted if into else -posted
    if item.state == State.PENDING and not into:
        sums.available[account] -= units
        sums.held[account] += units
    if item.capped_on and item.state in (State.PENDING, State.POSTED):
        sums.days[resident, f"{'EARNED' if into else 'SPENT'}#{item.capped_on}"] += units
    if not money and into:
        result.granted_points += posted
    elif not money:
        result.burnt_points += posted


def _compare(
    sums: _Sums,
    balances: dict[tuple[str, str], tuple[int, int]],
    days: dict[tuple[str, str], int],
    cap_points: int | None,
) -> Iterator[str]:
    for key in sorted(balances.keys() | sums.available.keys() | sums.held.keys()):
        stored = balances.get(key, (0, 0))
        summed = sums.available[key], sums.held[key]
        if stored != summed:
            yield f"{key}: stored {stored}, transfers say {summed}"
        if min(stored) < 0:
            yield f"{key}: negative {stored}"
    for key in sorted(days.keys() | sums.days.keys()):
        stored_points = days.get(key, 0)
        if stored_points != sums.days[key]:
            yield f"{key}: stored {stored_points}, transfers say {sums.days[key]}"
        cap = cap_points if key[1].startswith("SPENT") else MOST_EARNED_POINTS_A_DAY
        if cap is not None and stored_points > cap:
            yield f"{key}: {stored_points} over the cap"
