"""What riding earns: a rule in data, by route, stop and kilometre. Pure."""

from pydantic import BaseModel, ConfigDict, Field


class PayRule(BaseModel):
    """A community's pay of couriers, in fen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    route_fen: int = Field(default=300, ge=0, le=100_000)
    stop_fen: int = Field(default=350, ge=0, le=100_000)
    km_fen: int = Field(default=80, ge=0, le=100_000)


DEFAULT = PayRule()
"""
Until a community sets its own (`pay_rules`); an assumption near what city couriers earn for a
doorstep.
"""


def way_fen(rule: PayRule, *, number: int, of_stops: int, metres: int) -> int:
    """
    The kilometres' part of the pay of the `number`th door (from 0) of a route: the parts of all
    its doors add up to the whole, to the fen.
    """
    whole = rule.km_fen * metres // 1000
    return whole * (number + 1) // of_stops - whole * number // of_stops


def route_fen(rule: PayRule, *, stops: int, metres: int) -> int:
    """What riding all of a route earns."""
    if not stops:
        return 0
    return rule.route_fen + rule.stop_fen * stops + rule.km_fen * metres // 1000
