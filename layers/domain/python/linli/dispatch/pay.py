"""What riding earns: a rule in data, by route, stop and kilometre. Pure."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


class PayRule(BaseModel):
    """A community's pay of couriers, in fen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    route_fen: int = Field(default=300, ge=0, le=100_000)
    stop_fen: int = Field(default=350, ge=0, le=100_000)
    km_fen: int = Field(default=80, ge=0, le=100_000)


DEFAULT = PayRule()
"""Until a community sets its own; an assumption near what city couriers earn for a doorstep."""


@dataclass(frozen=True, slots=True)
class Pay:
    """The parts of a route's pay; they add up to `total_fen`."""

    route_fen: int
    stops_fen: int
    metres_fen: int

    @property
    def total_fen(self) -> int:
        """All parts together."""
        return self.route_fen + self.stops_fen + self.metres_fen


def pay_for(rule: PayRule, *, stops: int, of_stops: int, metres: int) -> Pay:
    """
    The pay for `stops` of a route's `of_stops` doors: a courier who rode part of it gets that part
    of its kilometres, rounded down, and the route's own pay if they made any stop.
    """
    share = metres * stops // of_stops if of_stops else 0
    return Pay(
        route_fen=rule.route_fen if stops else 0,
        stops_fen=rule.stop_fen * stops,
        metres_fen=rule.km_fen * share // 1000,
    )
