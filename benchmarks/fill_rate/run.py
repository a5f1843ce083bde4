"""
Fill rate of pooled against separate stock on real hourly sales, with and without protection.

`python -m benchmarks.fill_rate.run [--data DIR] [--online 0.5] [--spare 0.25] [--quantiles 0.9]`
with `layers/domain/python` on the path. Without `--data` the committed sample (one Friday, 48
products) is used; with it `frn_clusterA_hourly_common.csv` of that folder (90 days, 59 products).
What is assumed of supply, demand and channels is said in `data.py`.
"""

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.fill_rate.data import FULL_NAME, ShelfDay, read, shelf_days
from benchmarks.fill_rate.trade import Result, Shelf, Shop, events_of, trade
from linli.kernel.geography import Point
from linli.protection.rules import levels

SAMPLE = Path(__file__).parents[2] / "local" / "sample"
LEARNING_DAYS = 28
"""Days that only teach the protection; the figures are of the days after them."""
Days = Mapping[date, Sequence[ShelfDay]]
History = dict[Shelf, dict[date, list[int]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """How protection is learnt."""

    quantile: float
    replenish_hours: Sequence[int]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with the full hourly record")
    parser.add_argument("--online", type=float, default=0.5, help="share of demand by order")
    parser.add_argument("--spare", type=float, default=0.25, help="left over where not sold out")
    parser.add_argument(
        "--quantiles", type=float, nargs="+", default=[0.5, 0.7, 0.9], help="of the protection"
    )
    parser.add_argument(
        "--replenish", type=int, nargs="+", default=[6], help="hours of delivery, for protection"
    )
    chosen = parser.parse_args()
    path = chosen.data / FULL_NAME if chosen.data else SAMPLE / "sales.csv"
    record, left_out = read(path)
    days = shelf_days(record, chosen.spare)
    learning = LEARNING_DAYS if len(days) > LEARNING_DAYS else 0
    print(_intro(path.name, len(days), learning, left_out, chosen))
    separate = {store: pool[:1] for store, pool in _pools().items()}
    rows = {
        "separate": _play(days, learning, separate, chosen.online, None),
        "pooled": _play(days, learning, _pools(), chosen.online, None),
    }
    for quantile in chosen.quantiles:
        rule = Rule(quantile, chosen.replenish)
        rows[f"  protected {quantile}"] = _play(days, learning, _pools(), chosen.online, rule)
        lent = _play(days, learning, _pools(), chosen.online, rule, lending=True)
        rows[f"    and lent ({lent.lent_units})"] = lent
    _print(rows)
    print(_ceiling(days, learning))
    return 0


def _intro(name: str, days: int, learning: int, left_out: int, chosen: argparse.Namespace) -> str:
    lines = [
        f"{name}: {days} days, the first {learning} for learning; {left_out} rows of weighed goods"
        f" left out; {chosen.online:.0%} of demand by order, spare {chosen.spare:.0%}, protection"
        f" until the next of {chosen.replenish} h",
    ]
    if not learning:
        lines.append(
            "One day teaches no protection: it is learnt from that very day, which flatters it."
        )
    return "\n".join(lines)


def _pools() -> dict[str, list[tuple[Shop, int]]]:
    """For each store's customers, all stores by their (invented) distance from it."""
    with (SAMPLE / "stores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    places = {row["store"]: Point(float(row["lon"]), float(row["lat"])) for row in rows}
    return {
        store: sorted(
            ((Shop(other), here.metres_to(there)) for other, there in places.items()),
            key=lambda pair: pair[1],
        )
        for store, here in places.items()
    }


def _play(
    days: Days,
    learning: int,
    pools: Mapping[str, Sequence[tuple[Shop, int]]],
    online: float,
    rule: Rule | None,
    lending: bool = False,
) -> Result:
    """All days in order; protection is learnt anew each Monday from what walk-ins bought so far."""
    result, history = Result(), History()
    kept: dict[Shelf, list[int]] = {}
    if rule is not None and not learning:
        kept = _rehearse(days, pools, online, rule)
    for n, (on, day) in enumerate(days.items()):
        if rule is not None and learning and on.weekday() == 0 and n >= 7:
            kept = _learn(history, rule)
        into = result if n >= learning else Result()
        events = events_of(day, online, str(on))
        bought = trade(on, day, events, pools, kept, into, lending=lending)
        for shelf, hours in bought.items():
            history.setdefault(shelf, {})[on] = hours
    return result


def _rehearse(
    days: Days,
    pools: Mapping[str, Sequence[tuple[Shop, int]]],
    online: float,
    rule: Rule,
) -> dict[Shelf, list[int]]:
    """What would be kept if the walk-ins of these very days were known."""
    alone = {store: pool[:1] for store, pool in pools.items()}
    history: dict[Shelf, dict[date, list[int]]] = defaultdict(dict)
    for on, day in days.items():
        bought = trade(on, day, events_of(day, online, str(on)), alone, {}, Result())
        for shelf, hours in bought.items():
            history[shelf][on] = hours
            history[shelf][date.fromordinal(on.toordinal() + 1)] = [0] * 24
    return _learn(history, rule)


def _learn(history: Mapping[Shelf, Mapping[date, list[int]]], rule: Rule) -> dict[Shelf, list[int]]:
    """The protection of every shelf from its last eight weeks."""
    return {
        shelf: levels(dict(sorted(days.items())[-56:]), rule.replenish_hours, rule.quantile)
        for shelf, days in history.items()
    }


def _ceiling(days: Days, learning: int) -> str:
    """What nobody could beat: goods that were there at all, whoever had them and wanted them."""
    wanted = served = 0.0
    for day in list(days.values())[learning:]:
        supply, demand = Counter[str](), Counter[str]()
        for shelf in day:
            supply[shelf.product] += sum(shelf.delivered)
            demand[shelf.product] += sum(shelf.wanted)  # type: ignore[assignment]
        wanted += sum(demand.values())
        served += sum(min(units, demand[product]) for product, units in supply.items())
    return f"of the units wanted, {served / wanted:.1%} were in any of the stores on that day."


def _print(rows: Mapping[str, Result]) -> None:
    head = (
        "orders filled",
        "units",
        "ordered units",
        "walk-ins",
        "walk-ins Fri 16-18",
        "shelves dry",
    )
    print(f"{'':20}" + "".join(f"{each:>20}" for each in head))
    for name, result in rows.items():
        shares = (
            result.filled_orders / result.orders,
            result.fill("all"),
            result.fill("orders"),
            result.fill("walk-ins"),
            result.fill("walk-ins", peak=True),
        )
        told = "".join(f"{share:>20.1%}" for share in shares)
        print(f"{name:20}{told}{len(result.dry):>20}")
    print("source: order fill rate 71 % -> 94 %; three stores ran dry at the Friday peak.")
    print("`shelves dry`: shelves (by Friday) that a walk-in of 16-18 h found empty.")


if __name__ == "__main__":
    raise SystemExit(main())
