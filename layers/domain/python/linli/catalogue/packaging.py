"""
A community's packaging programme: what a box costs, earns, and how long it may stay out. Data.

The defaults are the sources' own (a deposit of 10 yuan, 5 points a return, 20 yuan for ten); prices
of the cost comparison are assumptions, marked so where they are used.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Material = Literal["cardboard", "paper", "plastic", "aluminium", "glass", "textile"]
"""What else may be handed in, by weight."""
Fen = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Days = Annotated[int, Field(strict=True, ge=1, le=365)]

GRAMS_A_POINT: Final[Mapping[Material, int]] = {
    "cardboard": 1_500,
    "paper": 1_500,
    "plastic": 500,
    "aluminium": 150,
    "glass": 4_000,
    "textile": 1_500,
}
"""Grams of a material that earn a point: about what scrap dealers give a yuan for (assumption)."""


class Packaging(BaseModel):
    """
    The two schemes, each of which may be off: a deposit that is refunded in full on return, and
    rewards on top of it. A reward never takes the refund's place (E-Commerce Law, article 21).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    deposit_fen: Fen | None = Field(default=None, description="A box's; none: the deployment's")
    reward_points: Annotated[int, Field(strict=True, ge=0, le=100)] | None = Field(
        default=None, description="A return's; none: the deployment's"
    )
    coupon_every_returns: Annotated[int, Field(strict=True, ge=0, le=1000)] = Field(
        default=10, description="Rewarded returns that earn a coupon; 0: none does"
    )
    most_rewards_a_day: Annotated[int, Field(strict=True, ge=0, le=100)] = Field(
        default=10, description="A person's rewarded returns of a local day; refunds have no limit"
    )
    grams_a_point: dict[Material, Annotated[int, Field(strict=True, ge=1, le=1_000_000)]] = Field(
        default_factory=lambda: dict(GRAMS_A_POINT), description="Other recyclables, by weight"
    )
    most_weight_points_a_day: Annotated[int, Field(strict=True, ge=0, le=1000)] = 10
    remind_days: Days = Field(default=14, description="Days out after which the holder is reminded")
    convert_days: Days = Field(
        default=30, description="Days out after which a deposit is converted"
    )
    most_loops: Annotated[int, Field(strict=True, ge=1, le=10_000)] = Field(
        default=100, description="Cycles after which an inspection retires a box"
    )
    box_fen: Fen = Field(default=3_000, description="Price of a box")
    wash_fen: Fen = Field(default=40, description="Washing and inspecting a box once")
    haul_fen: Fen = Field(default=30, description="Taking a box back, each time")
    single_use_fen: Fen = Field(default=180, description="Single-use packaging of an order")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.convert_days <= self.remind_days:
            raise ValueError("a reminder comes before the conversion")
        return self
