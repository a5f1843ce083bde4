"""Measurements on public instances: kept in a file as they come, and what they say by family."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

OURS, PYVRP = "ours", "PyVRP alone"
UNMODELLED = ("Li & Lim",)
"""Families whose goal is a gap of 2 % at 30 s, not to keep up with PyVRP."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An engine's gap in % over the best known (None: no answer that holds), and seconds taken."""

    family: str
    name: str
    seconds: float
    engine: str
    seed: int
    gap: float | None
    took: float


class Results:
    """Measurements so far; each new one is written at once, so that nothing is lost."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path is not None and path.exists() else []
        self._all = [Measured(**json.loads(line)) for line in lines]

    def known(self, name: str, seconds: float, engine: str, seed: int) -> Measured | None:
        """The measurement, if it has been made."""
        asked = (name, seconds, engine, seed)
        found = (e for e in self._all if (e.name, e.seconds, e.engine, e.seed) == asked)
        return next(found, None)

    def add(self, measured: Measured) -> None:
        """Keep a measurement."""
        self._all.append(measured)
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps(asdict(measured)) + "\n")

    def of(self, names: Iterable[str]) -> list[Measured]:
        """All measurements of these instances."""
        wanted = set(names)
        return [each for each in self._all if each.name in wanted]


def summary(results: Sequence[Measured]) -> bool:
    """Print mean gaps by seconds and family; whether the goals are met."""
    met = True
    for seconds in sorted({each.seconds for each in results}):
        print(f"\nmean gap at {seconds:g} s")
        here = [each for each in results if each.seconds == seconds]
        for family in dict.fromkeys(each.family for each in here):
            means = _means([each for each in here if each.family == family])
            goal, kept = verdict(family, seconds, means)
            met = met and kept
            count = len({each.name for each in here if each.family == family})
            row = "   ".join(
                f"{engine} {'–' if mean is None else f'{mean:.2f}'}"
                for engine, mean in means.items()
            )
            print(f"  {family:16}{count:3}  {row}   {goal}")
    over = [each.took / each.seconds - 1 for each in results if each.engine == OURS]
    if over:
        mean, most = 100 * statistics.fmean(over), 100 * max(over)
        print(f"\nours took {mean:.1f} % more than its seconds in the mean, {most:.1f} % at most")
    return met


def _means(results: Sequence[Measured]) -> dict[str, float | None]:
    """Each engine's mean gap; None when it missed an instance."""
    means: dict[str, float | None] = {}
    for engine in dict.fromkeys(each.engine for each in results):
        gaps = [each.gap for each in results if each.engine == engine]
        held = [gap for gap in gaps if gap is not None]
        means[engine] = statistics.fmean(held) if len(held) == len(gaps) else None
    return means


def verdict(family: str, seconds: float, means: dict[str, float | None]) -> tuple[str, bool]:
    """What the goals say of a family's means."""
    ours, alone = means.get(OURS), means.get(PYVRP)
    if ours is None:
        return "no answer: MISSED", False
    goals = []
    if family in UNMODELLED:
        goals += [("within 2 %", ours <= 2)] if seconds >= 30 else []
    elif alone is not None:
        goals.append(("no more than PyVRP alone", ours <= alone + 0.005))
    if family == "Homberger 200" and seconds <= 10:
        goals.append(("under 1 %", ours < 1))
    told = ", ".join(f"{goal}: {'met' if kept else 'MISSED'}" for goal, kept in goals)
    return told, all(kept for _, kept in goals)
