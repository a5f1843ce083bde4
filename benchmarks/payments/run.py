"""
Interception of fraud and success of payments on simulated streams, beside the source's figures.

`python -m benchmarks.payments.run [--residents 4000] [--days 14] [--orders 1200]` with
`layers/domain/python` on the path and the development requirements installed. Both streams are
invented (`stream`, `success`): what is printed says what the rules and the use cases do to them,
and nothing about any real network. The source's 99.7 % and 99.98 % come without a stream, a
definition or counts, so that agreement with them would mean little.
"""

import argparse

from benchmarks.payments.interception import Confusion, judge
from benchmarks.payments.stream import KINDS, stream
from benchmarks.payments.success import Luck, measure

SOURCE_INTERCEPTION, SOURCE_SUCCESS = 0.997, 0.9998
VERDICTS = ("accept", "review", "block")
LUCKS = {
    "a good day": Luck(lost=0.001, notices_lost=0.001, outage_minutes=0, declined=0.0),
    "a bad day": Luck(lost=0.05, notices_lost=0.05, outage_minutes=10, declined=0.0),
    "a good day, banks decline 1 %": Luck(0.001, 0.001, 0, declined=0.01),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--residents", type=int, default=4000)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--thefts", type=int, default=6, help="thefts a day")
    parser.add_argument("--orders", type=int, default=1200, help="orders to be paid")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    taps = stream(asked.residents, asked.days, asked.thefts, asked.seed)
    print(interception(judge(taps)))
    for name, luck in LUCKS.items():
        print(success(name, luck, asked.orders, asked.seed))


def interception(found: Confusion) -> str:
    """The confusion counts, and the shares that they come to."""
    lines = [f"{'attempts of':<12}" + "".join(f"{told:>9}" for told in VERDICTS)]
    for label in ("resident", *KINDS):
        counts = "".join(f"{found.counts[label, told]:>9}" for told in VERDICTS)
        lines.append(f"{label:<12}{counts}")
    lines += [
        f"thieves' attempts intercepted: {found.interception:.2%} of {found.of(True)}"
        f" (source: {SOURCE_INTERCEPTION:.1%})",
        f"thieves' money intercepted: {1 - found.stolen_fen / max(1, found.tried_fen):.2%}",
        f"residents let through at once: {found.untroubled:.2%}, held"
        f" {found.of(False, 'review')}, blocked {found.of(False, 'block')} of {found.of(False)}",
    ]
    return "\n".join(lines)


def success(name: str, luck: Luck, orders: int, seed: int) -> str:
    """How many of the residents who wanted to pay have paid, once."""
    ended = measure(orders, luck, seed)
    total = ended.total() - ended["charged twice"]
    counts = ", ".join(f"{count} {what}" for what, count in sorted(ended.items()))
    return f"{name}: {ended['paid'] / total:.2%} paid ({counts}); source: {SOURCE_SUCCESS:.2%}"


if __name__ == "__main__":
    main()
