"""
The Emergency Response Index (应急响应指数): pure, and it explains itself.

Index = sum over the parts of weight x severity / 100, so 0 to 100. Weights and scales are data:
the source names the four parts and one rule (from a yellow warning on, the reserve starts by
itself); the numbers below are ours, set so that the source's storm (yellow, 18 % of orders late,
3 riders stranded) lies over the threshold and any single part alone but red weather under it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from linli.resilience.model import Assessment, Level, Network, Part, Warn

WEIGHTS: Final[Mapping[str, int]] = MappingProxyType(
    {"weather": 50, "late_orders": 20, "stranded_riders": 15, "network": 15}
)
WEATHER: Final[Mapping[Level, int]] = MappingProxyType(
    {"blue": 25, "yellow": 50, "orange": 75, "red": 100}
)
NETWORK: Final[Mapping[Network, int]] = MappingProxyType({"up": 0, "degraded": 50, "down": 100})
WORST_LATE_PERMILLE: Final = 300
"""From here on the late orders weigh fully."""
WORST_STRANDED: Final = 5
"""From here on the stranded riders weigh fully."""
ACTIVATE_AT: Final = 40
"""The index that activates the reserve even under a blue warning."""
_ACTIVATING: Final = frozenset({"yellow", "orange", "red"})


def assess(warning: Warn) -> Assessment:
    """
    The index of a warning with what was observed.

    An outage warning says itself that the network is at least degraded. What was not observed
    counts nothing and says so.
    """
    observed = warning.observed
    network = observed.network or ("degraded" if warning.kind == "outage" else None)
    parts = (
        _part("weather", warning.level, WEATHER[warning.level]),
        _scaled("late_orders", observed.late_orders_permille, WORST_LATE_PERMILLE),
        _scaled("stranded_riders", observed.stranded_riders, WORST_STRANDED),
        _part("network", network, NETWORK[network] if network else 0),
    )
    index = sum(part.points for part in parts)
    because: Literal["warning_level", "index", "calm"] = (
        "warning_level"
        if warning.level in _ACTIVATING
        else "index"
        if index >= ACTIVATE_AT
        else "calm"
    )
    return Assessment(index=index, activates=because != "calm", because=because, parts=parts)


Name = Literal["weather", "late_orders", "stranded_riders", "network"]


def _scaled(name: Name, observed: int | None, worst: int) -> Part:
    severity = 0 if observed is None else min(100, observed * 100 // worst)
    return _part(name, None if observed is None else str(observed), severity)


def _part(name: Name, observed: str | None, severity: int) -> Part:
    weight = WEIGHTS[name]
    points = weight * severity // 100
    return Part(name=name, observed=observed, severity=severity, weight=weight, points=points)
