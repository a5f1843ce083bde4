"""What can be made to go wrong with the simulated provider, by shares and numbers."""

import random
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = float
Outcome = Literal["fine", "outage", "lost_before", "lost_after", "error", "unsigned"]


class Faults(BaseModel):
    """Troubles of the API and of its notifications; nothing by default.

    Shares are of calls, or of notifications. An answer that is lost before its effect never had
    one; one that is lost after it, had.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    outage: bool = False
    delay_seconds: float = Field(default=0, ge=0, le=60)
    lost_before: Share = Field(default=0, ge=0, le=1)
    lost_after: Share = Field(default=0, ge=0, le=1)
    error: Share = Field(default=0, ge=0, le=1)
    unsigned: Share = Field(default=0, ge=0, le=1)
    notice_copies: int = Field(default=1, ge=0, le=10)
    notice_delay_seconds: float = Field(default=0, ge=0, le=3600)
    notice_lost: Share = Field(default=0, ge=0, le=1)
    notice_reversed: bool = False
    refund_seconds: float = Field(default=1, ge=0, le=3600)
    seed: int = 0


@dataclass
class Trouble:
    """Draws the outcome of each call from the faults that are set."""

    faults: Faults = field(default_factory=Faults)
    rng: random.Random = field(default_factory=lambda: random.Random(0))

    def set(self, wanted: dict[str, Any]) -> Faults:
        """Replace all faults; what is not named goes back to nothing."""
        self.faults = Faults.model_validate(wanted)
        self.rng = random.Random(self.faults.seed)
        return self.faults

    def draw(self) -> Outcome:
        """How the next call ends."""
        if self.faults.outage:
            return "outage"
        luck = self.rng.random()
        shares: tuple[tuple[Outcome, Share], ...] = (
            ("lost_before", self.faults.lost_before),
            ("lost_after", self.faults.lost_after),
            ("error", self.faults.error),
            ("unsigned", self.faults.unsigned),
        )
        for outcome, share in shares:
            if luck < share:
                return outcome
            luck -= share
        return "fine"
