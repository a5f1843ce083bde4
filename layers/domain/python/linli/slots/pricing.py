"""
What a slot costs: a base, and more the fuller it is, so that prices move people off the peak.

Pure. A slot keeps the terms that it was opened with, so that a rule changed by the city never
changes the price of a slot that people are looking at; only its load does.
"""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_FEN = 100_000
"""No slot costs more, whatever its load."""


class PriceStep(BaseModel):
    """From this share of its places taken on, a slot costs so much more than its base."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    load_percent: int = Field(strict=True, ge=1, le=100)
    add_fen: int = Field(strict=True, ge=0, le=MOST_FEN)


class PriceRule(BaseModel):
    """The price of a slot by its load: never falls as the slot fills, and is bounded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    price_fen: int = Field(
        strict=True, ge=0, le=MOST_FEN, description="Price of a place while the slot is empty"
    )
    steps: Annotated[tuple[PriceStep, ...], Field(max_length=10)] = Field(
        default=(), description="Surcharges by load, the emptiest first; none: one price"
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        for lower, higher in pairwise(self.steps):
            if lower.load_percent >= higher.load_percent or lower.add_fen > higher.add_fen:
                raise ValueError("steps go up, in load and in price")
        if self.price_fen + max((s.add_fen for s in self.steps), default=0) > MOST_FEN:
            raise ValueError(f"no slot costs more than {MOST_FEN} fen")
        return self


def price(rule: PriceRule, taken_orders: int, capacity_orders: int) -> int:
    """The price in fen of the next place of a slot of which so many places are taken."""
    reached = [
        step.add_fen
        for step in rule.steps
        if taken_orders * 100 >= step.load_percent * capacity_orders
    ]
    return rule.price_fen + max(reached, default=0)
