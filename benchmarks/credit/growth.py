"""
A year of growth: the top tier's share by month, with and without control. A simulation.

The behaviour is a model, stated here and nowhere measured: a community of `BEGIN` residents grows
to `END` in a year, evenly. Each resident does deeds at a rate of their own (log-normal, so that a
few do many), at most one a day, of `POINTS`; as the programme gets known, everybody's rate rises by
`KNOWN_PER_MONTH` a month, and one in `LEAVERS` stops for good each month. Who has points spends
half of them once a month. What is ours is the score (`linli.credit.score`) and the solver
(`linli.credit.tiers`): those are the product's own.

Three rules of who is in the top tier, for the same residents and deeds:
- `balance`: whose points reach the cut-off that was the best tenth's after the first month, as
  in the source at its beginning;
- `fading`: the same fixed cut-off, on the score that fades;
- `solved`: the product: the score that fades, and a cut-off solved each night.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from linli.credit import score, tiers

BEGIN, END = 300, 2400
POINTS = (2, 3, 3, 5, 8)
KNOWN_PER_MONTH = 0.06
LEAVERS = 40
ACTIVE_DAYS = 90
LOW, HIGH = 150, 180
FIRST = date(2026, 1, 1)
DAYS, MONTH = 360, 30


@dataclass(slots=True)
class Resident:
    """Somebody of the model."""

    rate: float
    joined: int
    stopped: bool = False
    balance: int = 0
    weight: int = 0
    last: int = -1000
    naive_in: bool = False


@dataclass(slots=True)
class Month:
    """Shares at a month's end, in permille of active residents, and how many moved in it."""

    active: int
    balance: int
    fading: int
    solved: int
    least_solved: int
    most_solved: int
    moved: int
    moved_without_band: int


@dataclass(slots=True)
class Year:
    """The model as it goes."""

    rng: random.Random
    people: list[Resident] = field(default_factory=list)
    top: frozenset[str] = frozenset()
    balance_cut: int = 0
    fading_cut: int = 0
    shares: list[int] = field(default_factory=list)
    moved: int = 0
    naive_moved: int = 0
    months: list[Month] = field(default_factory=list)


def play(seed: int = 1) -> list[Month]:
    """Twelve months of the model."""
    year = Year(random.Random(seed))
    for day in range(DAYS):
        _grow(year, day)
        for who in year.people:
            _live(year, who, day)
        if day >= MONTH:
            _solve(year, day)
        if day % MONTH == MONTH - 1:
            _month(year, day)
    return year.months


def _grow(year: Year, day: int) -> None:
    while len(year.people) < BEGIN + (END - BEGIN) * day // DAYS:
        year.people.append(Resident(year.rng.lognormvariate(-3.2, 1.1), day))


def _live(year: Year, who: Resident, day: int) -> None:
    rng, months = year.rng, day / MONTH
    if day % MONTH == 0 and rng.random() < 1 / LEAVERS:
        who.stopped = True
    if day % MONTH == who.joined % MONTH:
        who.balance -= who.balance // 2
    if not who.stopped and rng.random() < who.rate * (1 + KNOWN_PER_MONTH) ** months:
        points = rng.choice(POINTS)
        who.balance += points
        who.weight += score.weight(points, FIRST + timedelta(days=day))
        who.last = day


def _active(year: Year, day: int) -> dict[str, int]:
    return {str(n): w.weight for n, w in enumerate(year.people) if w.last > day - ACTIVE_DAYS}


def _solve(year: Year, day: int) -> None:
    """The product's nightly solution, and the same without a band, to see who would flicker."""
    active = _active(year, day)
    cut = tiers.solve(active, year.top, LOW, HIGH)
    year.moved += len(cut.top ^ year.top)
    year.top = cut.top
    year.shares.append(cut.share_permille)
    middle = (LOW + HIGH) // 2
    bare = tiers.solve(active, frozenset(), middle, middle)
    for n, who in enumerate(year.people):
        year.naive_moved += who.naive_in != (str(n) in bare.top)
        who.naive_in = str(n) in bare.top


def _month(year: Year, day: int) -> None:
    active, on = _active(year, day), FIRST + timedelta(days=day)
    balances = [year.people[int(n)].balance for n in active]
    scores = [score.score_points(weight, on) for weight in active.values()]
    if not year.months:
        tenth = len(active) // 10
        year.balance_cut = max(1, sorted(balances)[-tenth])
        year.fading_cut = max(1, sorted(scores)[-tenth])
    solved = year.shares or [0]
    year.months.append(
        Month(
            active=len(active),
            balance=1000 * sum(b >= year.balance_cut for b in balances) // len(active),
            fading=1000 * sum(s >= year.fading_cut for s in scores) // len(active),
            solved=solved[-1],
            least_solved=min(solved),
            most_solved=max(solved),
            moved=year.moved,
            moved_without_band=year.naive_moved,
        )
    )
    year.shares, year.moved, year.naive_moved = [], 0, 0


def table(months: list[Month]) -> str:
    """The months as a table."""
    rows = [
        "month  active  fixed, balance  fixed, fading  solved nightly (least..most)  moved"
        "  moved without a band"
    ]
    for n, m in enumerate(months, 1):
        solved = f"{m.solved / 10:.1f} % ({m.least_solved / 10:.1f}..{m.most_solved / 10:.1f})"
        shown = solved if n > 1 else "-"
        rows.append(
            f"{n:5}  {m.active:6}  {m.balance / 10:12.1f} %  {m.fading / 10:11.1f} %  "
            f"{shown:>28}  {m.moved:5}  {m.moved_without_band:20}"
        )
    return "\n".join(rows)
