"""
A SIMULATION of the return rate by incentive, beside the source's 31 % and 67 %; and of what a use
of a box costs beside single-use packaging, beside the source's -12 %.

`python -m benchmarks.packaging.run [--households 400] [--seed 1]` with `layers/domain/python` on
the path. The model is stated in `behaviour.py`, the prices are those of `linli.catalogue.packaging`
(assumptions, too); the cost is computed by the product's own `linli.boxes.figures`.
"""

import argparse

from benchmarks.packaging import behaviour as b
from benchmarks.packaging.behaviour import Incentive
from benchmarks.packaging.year import BREAKS, ORDERS_A_WEEK, TRIP, Year, fitted_median, play
from linli.catalogue.packaging import Packaging

SOURCE_POINTS, SOURCE_COUPON = 0.31, 0.67
POINTS = Incentive("5 points a return", points=5)
INCENTIVES = (
    Incentive("nothing"),
    POINTS,
    Incentive("5 points, ¥20 for ten", points=5, coupon_every=10),
    Incentive("5 points, ¥20 for ten, stations", points=5, coupon_every=10, nearer=True),
    Incentive("¥10 deposit", deposit_yuan=10),
    Incentive("¥10 deposit, 5 points, ¥20", points=5, coupon_every=10, deposit_yuan=10),
    Incentive("all, and stations", points=5, coupon_every=10, deposit_yuan=10, nearer=True),
)
SOURCE_CHANGE = -0.12
_COSTS = """
A use: the box's share, washing, hauling. Net: with every reward redeemed, less what was forfeited.
| incentive | a use, fen | net | single-use | change | source | box price for -12 % |
|---|---|---|---|---|---|---|"""
SOURCE = {POINTS.name: "31 %", "5 points, ¥20 for ten": "67 %"}


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    median = fitted_median(POINTS, SOURCE_POINTS, count=chosen.households, seed=chosen.seed)
    years = {
        each: play(each, median_yuan=median, count=chosen.households, seed=chosen.seed)
        for each in INCENTIVES
    }
    print(_intro(chosen.households, median))
    print("| incentive | returned in 28 days | source | days out | loops a box |")
    print("|---|---|---|---|---|")
    for each, year in years.items():
        print(_rates(each, year))
    print(_COSTS)
    for each, year in years.items():
        print(_costs(each, year))
    return 0


def _intro(count: int, median: float) -> str:
    return (
        f"SIMULATED: {count} households, a year, {ORDERS_A_WEEK} orders a week, past a return point"
        f" on {TRIP:.0%} of days, {BREAKS:.1%} of cycles break a box.\n"
        f"Fitted: median trouble ¥{median:.1f}, so that points alone give 31 %. Assumed: spread"
        f" {b.SPREAD}, a loss weighs {b.LOSS_WEIGHT}, a station divides trouble by {b.NEARER}.\n"
    )


def _rates(incentive: Incentive, year: Year) -> str:
    told = year.figures(Packaging())
    days, loops = told.days_out_hundredths, told.loops_per_box_hundredths
    return (
        f"| {incentive.name} | {year.return_rate:.0%} | {SOURCE.get(incentive.name, '')} "
        f"| {'-' if days is None else f'{days / 100:.1f}'} "
        f"| {'-' if loops is None else f'{loops / 100:.1f}'} |"
    )


def rewards_fen(incentive: Incentive, year: Year) -> int:
    """What the rewards of a use cost in fen, with every point and coupon redeemed in full."""
    points = year.in_time * incentive.points * b.POINT_YUAN
    return round(100 * (points + year.coupons * b.COUPON_YUAN) / max(1, year.out))


def box_fen_for(change: float, year: Year, terms: Packaging) -> int:
    """At which price of a box a use would cost `change` (-0.12) beside single-use packaging."""
    free = year.figures(terms.model_copy(update={"box_fen": 0})).use_cost_fen or 0
    paid = year.figures(terms).use_cost_fen or 0
    share = (paid - free) / terms.box_fen
    return max(0, round(((1 + change) * terms.single_use_fen - free) / share))


def _costs(incentive: Incentive, year: Year) -> str:
    terms = Packaging(deposit_fen=round(100 * incentive.deposit_yuan))
    told, single = year.figures(terms), terms.single_use_fen
    use = told.use_cost_fen or 0
    forfeits = round(100 * incentive.deposit_yuan * year.converted / max(1, year.out))
    full = use + rewards_fen(incentive, year) - forfeits
    source = "-12 %" if incentive is POINTS else ""
    return (
        f"| {incentive.name} | {use} | {full} | {single} | {use / single - 1:+.0%} | {source} "
        f"| {box_fen_for(SOURCE_CHANGE, year, terms)} |"
    )


if __name__ == "__main__":
    raise SystemExit(main())
