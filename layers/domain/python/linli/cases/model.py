"""A case as it stands, and the steps that it took."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

CaseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$")]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{2,39}$")]
State = Literal["open", "assigned", "decided"]
Decision = Literal["upheld", "dismissed"]
"""`upheld`: who opened the case was right, and what that means is done in the same write."""


class Step(BaseModel):
    """Something that was done in a case: by whom, when and why."""

    model_config = ConfigDict(frozen=True)

    step: Literal["opened", "assigned", "upheld", "dismissed"]
    by: str
    at: str
    owner: str
    reason: str = ""


class Case(BaseModel):
    """
    A question that a person has to answer.

    `party` is the resident whom it concerns, and who may follow it. `owner` is never empty: the
    community's city office (`city@<community>`) until a person has taken it.
    """

    model_config = ConfigDict(frozen=True)

    case_id: str
    kind: str
    community_id: str
    about: dict[str, str]
    opened_by: str
    party: str
    owner: str
    state: State
    opened_at: str
    decision: Decision | None = None
    reason: str | None = None
    decided_at: str | None = None
    version: int = 0


class CaseView(Case):
    """A case with its steps, the oldest first."""

    steps: list[Step] = Field(default_factory=list)


def office(community_id: str) -> str:
    """Who owns the cases of a community that nobody has taken yet."""
    return f"city@{community_id}"
