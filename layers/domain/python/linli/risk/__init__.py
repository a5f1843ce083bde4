"""Risk (支付风控): payment attempts scored by explainable rules before they reach a provider."""

from linli.risk.model import (
    Feature,
    Features,
    Kind,
    Reason,
    Rule,
    Ruleset,
    Score,
    Seen,
    Subject,
    Verdict,
)
from linli.risk.records import attempts_counted, block, count, keys, remember, seen
from linli.risk.rules import features, score, sliding
from linli.risk.ruleset import current

__all__ = [
    "Feature",
    "Features",
    "Kind",
    "Reason",
    "Rule",
    "Ruleset",
    "Score",
    "Seen",
    "Subject",
    "Verdict",
    "attempts_counted",
    "block",
    "count",
    "current",
    "features",
    "keys",
    "remember",
    "score",
    "seen",
    "sliding",
]
