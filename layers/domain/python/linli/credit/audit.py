"""Whether the ledger keeps guarantee I3; reads the table whole."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from linli.credit.audit_sums import Sums
from linli.credit.audit_wholes import Kept, compare
from linli.credit.keys import DEPOSIT, LOT, MERCHANT, POINTS, TIMES
from linli.credit.model import CASH, FORFEITS, deposit_of
from linli.credit.rows import LedgerItem
from linli.kernel import reads


@dataclass(slots=True)
class LedgerAudit:
    """
    What the ledger adds up to. `deposits_fen`: what each resident is owed for boxes;
    `forfeits_fen`: what of theirs was converted; `transfers`: the state of each transfer by its
    id, and what it has posted; `coupons`: the state of each coupon by its id, and the order that
    has it; `reimbursed_fen`: what merchants are owed for the discounts of an order; `given_back`:
    the deposit given back by each transfer, in fen, by whose it was and the transfer's id.
    """

    breaches: list[str] = field(default_factory=list)
    deposits_fen: dict[str, int] = field(default_factory=dict)
    forfeits_fen: Counter[str] = field(default_factory=Counter)
    granted_points: int = 0
    burnt_points: int = 0
    transfers: dict[str, tuple[str, int]] = field(default_factory=dict)
    coupons: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    reimbursed_fen: Counter[str] = field(default_factory=Counter)
    given_back: dict[tuple[str, str], int] = field(default_factory=dict)


def audit(*, cap_points: int | None = None) -> LedgerAudit:
    """
    Check I3: each balance, lot, score and counter is the sum of its transfers, none is negative,
    no day's spending exceeds `cap_points` and nothing counted its own cap; points granted less
    points burnt are the points there are.

    Read while nobody writes: a scan sees no moment.
    """
    result, sums, kept = LedgerAudit(), Sums(), Kept()
    for item in reads.scan(LedgerItem):
        partition, _, holder = item.pk.partition("#")
        read = _READERS.get(partition)
        if read is not None:
            read(holder, item, result, sums, kept)
    sums.settle()
    result.granted_points, result.burnt_points = sums.granted_points, sums.burnt_points
    result.deposits_fen = {
        who: units[0] for (who, sk), units in kept.balances.items() if sk == DEPOSIT and units[0]
    }
    result.breaches += sums.breaches
    result.breaches += compare(sums, kept, cap_points)
    points = sum(a + h for (_, sk), (a, h, _) in kept.balances.items() if sk == POINTS)
    if points != result.granted_points - result.burnt_points:
        result.breaches.append("the points there are do not equal those granted less those burnt")
    return result


_Read = Callable[[str, LedgerItem, LedgerAudit, Sums, Kept], None]


def _transfer(holder: str, item: LedgerItem, result: LedgerAudit, sums: Sums, kept: Kept) -> None:
    posted = int(item.posted_units or 0)
    if str(item.credit).startswith(MERCHANT):
        result.reimbursed_fen[item.sk.partition("/")[0]] += posted
    else:
        result.transfers[item.sk] = str(item.state), posted
    if (item.debit, item.credit) == (deposit_of(holder).name, CASH.name) and posted:
        result.given_back[holder, item.sk] = posted
    if FORFEITS.name in (item.debit, item.credit):
        result.forfeits_fen[holder] += posted if item.credit == FORFEITS.name else -posted
    sums.add(holder, item)


def _person(holder: str, item: LedgerItem, result: LedgerAudit, sums: Sums, kept: Kept) -> None:
    key = holder, item.sk
    if item.sk.startswith(LOT):
        kept.lots[key] = int(item.granted_units or 0)
    elif item.times is not None:
        kept.times[holder, item.sk.removeprefix(TIMES)] = [int(at) for at in item.times.split()]
    elif item.counted is not None:
        kept.counts[item.pk, item.sk] = int(item.counted), int(item.cap or 0)
    elif item.points is not None:
        kept.days[key] = int(item.points)
        if item.cap is not None and item.points > item.cap:
            result.breaches.append(f"{key}: {item.points} over the cap")
    else:
        units = item.available_units, item.held_units, item.spent_units
        available, held, spent = (int(each or 0) for each in units)
        kept.balances[key] = available, held, spent


def _quota(holder: str, item: LedgerItem, result: LedgerAudit, sums: Sums, kept: Kept) -> None:
    kept.counts[item.pk, item.sk] = int(item.counted or 0), int(item.cap or 0)


def _score(holder: str, item: LedgerItem, result: LedgerAudit, sums: Sums, kept: Kept) -> None:
    key = holder.partition("#")[0], item.sk
    kept.weights[key] = int(item.weight or 0)
    if item.tier and not item.raised_by:  # Who is in by an appeal is in no cut-off yet.
        kept.tiers[key] = item.tier


def _cutoff(holder: str, item: LedgerItem, result: LedgerAudit, sums: Sums, kept: Kept) -> None:
    least, most, top = (int(each or 0) for each in (item.least, item.most, item.top))
    before = kept.cutoffs.get(holder, ("", 0, 0, 0))
    kept.cutoffs[holder] = max(before, (item.sk, least, most, top))


def _coupon(holder: str, item: LedgerItem, result: LedgerAudit, sums: Sums, kept: Kept) -> None:
    result.coupons[item.sk] = str(item.state), item.order_id
    has_order = item.state in ("held", "used")
    if has_order and not item.order_id:
        result.breaches.append(f"coupon {item.sk} is {item.state} by no order")
    sums.coupons[str(item.source_id)] += 1


_READERS: dict[str, _Read] = {
    "TRANSFERS": _transfer,
    "RESIDENT": _person,
    "QUOTA": _quota,
    "SCORES": _score,
    "COUPONS": _coupon,
    "TIERS": _cutoff,
}
