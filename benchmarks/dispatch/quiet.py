"""
Quiet deliveries over half a year of an invented community: to everybody, and where the index holds.

`python -m benchmarks.dispatch.quiet [--seed 1]` with `layers/domain/python` on the path. Each of 60
buildings has a tolerance of its own, drawn so that its mean is the source's first survey (39 %).
Residents answer the survey as the building's tolerance says, a few each week; a quiet delivery in
a building is complained of with a probability that falls with its tolerance, set so that delivering
to everybody gives the source's 19 %. With the index, quiet deliveries go only where
`buildings.quiet_rules.allowed` lets them, and its counts grow by what happens.

The source says 19 % → 3 %, acceptance 39 → 67 % and coverage 82 % in three months: that people get
used to it is not modelled here, tolerance stays what it is. Exit code 1 when complaints with the
index are not at most a third of those without.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from linli.buildings.quiet_rules import FIRST_ACCEPTANCE, Counts, allowed, stage_of

BUILDINGS, WEEKS = 60, 26
NIGHTS_A_WEEK, ORDERS_A_NIGHT = 7, 0.6
ANSWERS_A_WEEK = 1.0
SPREAD = 1.3
"""Beta(0.39·s, 0.61·s): houses of one community differ much."""
SOURCE_BEFORE, SOURCE_AFTER = 0.19, 0.03


@dataclass
class Tally:
    """Deliveries and complaints of a stretch of weeks."""

    deliveries: int = 0
    complaints: int = 0

    @property
    def share(self) -> float:
        """Complaints by delivery."""
        return self.complaints / self.deliveries if self.deliveries else 0.0


def tolerances(rng: random.Random) -> dict[str, float]:
    """Each building's share of people who do not mind."""
    a, b = FIRST_ACCEPTANCE * SPREAD, (1 - FIRST_ACCEPTANCE) * SPREAD
    return {f"{n + 1}": rng.betavariate(a, b) for n in range(BUILDINGS)}


def play(true: dict[str, float], rng: random.Random, *, by_index: bool) -> list[Tally]:
    """The weeks, each with its tally; without the index everybody gets quiet deliveries."""
    mean = sum(true.values()) / len(true)
    disturbed = SOURCE_BEFORE / (1 - mean)
    known: dict[str, Counts] = {}
    weeks = []
    for _ in range(WEEKS):
        week = Tally()
        for building, tolerance in true.items():
            counts = known.get(building, Counts())
            change = dict.fromkeys(("yes", "no", "deliveries", "complaints"), 0)
            for _ in range(_often(ANSWERS_A_WEEK, rng)):
                change["yes" if rng.random() < tolerance else "no"] += 1
            if not by_index or allowed(known, building):
                for _ in range(_often(NIGHTS_A_WEEK * ORDERS_A_NIGHT, rng)):
                    change["deliveries"] += 1
                    change["complaints"] += rng.random() < disturbed * (1 - tolerance)
            week.deliveries += change["deliveries"]
            week.complaints += change["complaints"]
            known[building] = Counts(**{k: getattr(counts, k) + n for k, n in change.items()})
        weeks.append(week)
    if by_index:
        stage, pilots, share, _ = stage_of(known)
        open_ = sum(allowed(known, each) for each in true)
        print(f"after {WEEKS} weeks: {stage}, {pilots} pilots stand, {open_} of {BUILDINGS} open,")
        print(f"{share:.1%} of all quiet deliveries so far were complained of")
    return weeks


def _often(mean: float, rng: random.Random) -> int:
    """A whole number with this mean."""
    return int(mean) + (rng.random() < mean % 1)


def total(weeks: Sequence[Tally]) -> Tally:
    """The weeks together."""
    return Tally(sum(w.deliveries for w in weeks), sum(w.complaints for w in weeks))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args(arguments).seed
    true = tolerances(random.Random(seed))
    everybody = total(play(true, random.Random(seed + 1), by_index=False))
    weeks = play(true, random.Random(seed + 1), by_index=True)
    with_index, late = total(weeks), total(weeks[WEEKS // 2 :])
    print(f"{'':26}{'deliveries':>12}{'complaints':>12}{'share':>9}   source")
    print(f"{'quiet to everybody':26}{everybody.deliveries:12}{everybody.complaints:12}"
          f"{everybody.share:9.1%}   {SOURCE_BEFORE:.0%}")  # fmt: skip
    print(f"{'where the index holds':26}{with_index.deliveries:12}{with_index.complaints:12}"
          f"{with_index.share:9.1%}   {SOURCE_AFTER:.0%}")  # fmt: skip
    print(f"{'  its second half':26}{late.deliveries:12}{late.complaints:12}{late.share:9.1%}")
    print(f"coverage: {late.deliveries / (everybody.deliveries / 2):.0%} of the nights' orders")
    return 0 if with_index.share <= everybody.share / 3 else 1


if __name__ == "__main__":
    sys.exit(main())
