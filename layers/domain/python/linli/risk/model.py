"""What is known of a payment attempt before it reaches the provider, and what is made of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["resident", "device", "card"]
"""Whose attempts are counted, and what can be blocked."""

Feature = Literal[
    "amount_fen",
    "amount_percent",
    "blocked",
    "card_day",
    "card_hour",
    "device_day",
    "device_hour",
    "metres",
    "new_device",
    "paid_orders",
    "phone_mismatch",
    "resident_day",
    "resident_hour",
]
"""
What a rule may look at. `*_hour` and `*_day` are attempts in the last hour and day, this one
included; `amount_percent` is the amount in percent of the mean that the resident has paid so far;
`metres` lie between the paying device and the delivery point; `blocked` counts blocked ids.
"""

Features = Mapping[Feature, int]
"""An attempt's features; what is not known is absent, and no rule can speak of it."""


class Verdict(StrEnum):
    """What is to happen with an attempt."""

    ACCEPT = "accept"
    REVIEW = "review"
    BLOCK = "block"


class Rule(BaseModel):
    """
    Adds `points` (which may be negative) when `feature` is at least `at_least`, so are all of
    `also`, and all of `below` are known and less.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    feature: Feature
    at_least: int
    points: int
    also: dict[Feature, int] = Field(default_factory=dict)
    below: dict[Feature, int] = Field(default_factory=dict)
    why_en: str
    why_zh: str


class Ruleset(BaseModel):
    """The rules in force and what their points lead to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    review_points: Annotated[int, Field(gt=0)]
    block_points: Annotated[int, Field(gt=0)]
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.block_points <= self.review_points:
            raise ValueError("what is blocked weighs more than what is reviewed")
        if len({rule.id for rule in self.rules}) < len(self.rules):
            raise ValueError("each rule has an id of its own")
        return self


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that held: which, on what value, and the points that it added."""

    rule: str
    feature: str
    value: int
    points: int


@dataclass(frozen=True, slots=True)
class Score:
    """How suspicious an attempt is, what follows, and why."""

    points: int
    verdict: Verdict
    reasons: tuple[Reason, ...]
    ruleset: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose attempt it is; digests only, so that no counter's key names a person."""

    resident: str
    device: str
    card: str | None

    @classmethod
    def of(cls, resident_id: str, device_id: str, payer_id: str | None) -> Self:
        """The subject of an attempt by its plain ids; `payer_id` is the provider's payer."""
        return cls(
            digest("resident", resident_id),
            digest("device", device_id),
            None if payer_id is None else digest("card", payer_id),
        )

    @property
    def ids(self) -> dict[Kind, str]:
        """The digests by kind; without a card if none is known."""
        known: dict[Kind, str] = {"resident": self.resident, "device": self.device}
        return known if self.card is None else {**known, "card": self.card}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the records say of a subject at an instant; attempts do not count this one."""

    attempts_hour: Mapping[Kind, int]
    attempts_day: Mapping[Kind, int]
    paid_orders: int
    paid_fen: int
    device_known: bool
    blocked: int


KINDS: tuple[Kind, ...] = get_args(Kind)


def digest(kind: str, value: str) -> str:
    """A short digest of an id, the same everywhere it is counted or blocked."""
    return hashlib.sha256(f"{kind}\0{value}".encode()).hexdigest()[:32]
