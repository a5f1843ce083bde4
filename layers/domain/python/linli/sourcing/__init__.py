"""
Sourcing: which store of the pool supplies which line of a wave's orders, all orders together.

The problem, what an answer costs, and its check are here; the search is `linli_solver.allocation`.
"""

from linli.sourcing.groups import Group, groups
from linli.sourcing.model import Choice, Demand, Outlay, Sourcing
from linli.sourcing.rules import faults, held, kept_sound, outlay, outlay_of

__all__ = [
    "Choice",
    "Demand",
    "Group",
    "Outlay",
    "Sourcing",
    "faults",
    "groups",
    "held",
    "kept_sound",
    "outlay",
    "outlay_of",
]
