"""The public sets that a folder holds, and their best-known costs."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from linli_solver.instances.check import faults
from linli_solver.instances.model import Instance, Routing, rank
from linli_solver.instances.read import read_instance
from linli_solver.instances.solution import from_sol, written_cost

SAMPLE = ("RC208", "R1_2_1", "RC2_2_1", "RC1_4_5", "X-n200-k36", "PR11A", "X115-HVRP",
          "ORTEC-VRPTW-ASYM-c526c4a2-d1-n432-k27")  # fmt: skip
"""What runs at 30 s too: one or two of each family, the harder ones."""
PATTERNS = (
    ("Solomon", r"^(R|C|RC)\d{3}$"),
    ("Homberger 200", r"^(R|C|RC)\d_2_\d+$"),
    ("Homberger 400", r"^(R|C|RC)\d_4_\d+$"),
    ("Homberger 600+", r"^(R|C|RC)\d_(6|8|10)_\d+$"),
    ("X", r"^X-n"),
    ("ORTEC", r"^ORTEC"),
    ("Li & Lim", r"^l(r|c|rc)\d"),
    ("multi-depot", r"^PR\d"),
    ("mixed fleet", r"-(HVRP|HD|FSM[FD]*)$"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """An instance with the best solution known: its routes where fewer come first, and cost."""

    name: str
    family: str
    instance: Instance
    known: tuple[int, float]

    def gap(self, routing: Routing) -> float | None:
        """
        Percent over the best known cost; None when the routing does not hold.

        Where fewer routes come first, a route more counts as the mean cost of one.
        """
        if faults(self.instance, routing):
            return None
        routes, cost = self.known
        found = float(written_cost(self.instance, routing))
        more = len(routing.routes) - routes if routes else 0
        return 100 * ((found + more * cost / max(1, routes)) / cost - 1)


def family_of(name: str) -> str:
    """The set that an instance belongs to by its name."""
    return next((title for title, pattern in PATTERNS if re.search(pattern, name)), "others")


def cases(folder: Path, chosen: set[str] | None) -> list[Case]:
    """The instances below a folder whose best cost is known; by name, all when none are chosen."""
    listed = json.loads((folder / "BKS.json").read_text()) if (folder / "BKS.json").exists() else {}
    found = []
    for path in sorted(folder.rglob("*")):
        wanted = path.suffix in (".txt", ".vrp") and not path.name.endswith(".bks.txt")
        if not wanted or path.name == "README.txt" or (chosen and path.stem not in chosen):
            continue
        instance = read_instance(path)
        known = _known(path, instance, listed.get(path.stem, {}).get("cost"))
        if known is not None:
            found.append(Case(path.stem, family_of(path.stem), instance, known))
    return sorted(found, key=lambda case: (case.family, case.name))


def _known(path: Path, instance: Instance, listed: float | None) -> tuple[int, float] | None:
    """Read from the list, else from a solution beside the instance, which must hold."""
    if listed is not None:
        return 0, float(listed)
    for beside in (path.with_suffix(".sol"), path.with_name(f"{path.stem}.bks.txt")):
        if beside.exists():
            routing = from_sol(instance, beside.read_text())
            if not faults(instance, routing):
                return rank(instance, routing)[0], float(written_cost(instance, routing))
    return None
