"""
A community's credit programme: what deeds earn, what points buy, and how scarce both are kept.

Data, edited by the city; what it has not set is as `programme.json` beside this module says.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from linli.credit.coupons import Terms
from linli.credit.keys import programme_key
from linli.credit.rows import ProgrammeRow
from linli.kernel import editing, reads
from linli.kernel.transact import transaction

_FILE = Path(__file__).with_name("programme.json")
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Evidence = Literal["note", "counterpart"]
"""What must come with a deed: some words, or whom it was done for."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DeedRule(_Part):
    """What a deed earns: `points` as a rule, up to `most_points`, so often in a window of days."""

    points: int = Field(strict=True, ge=1, le=1000)
    most_points: int = Field(strict=True, ge=1, le=1000)
    a_window: int = Field(strict=True, ge=1, le=1000, description="Times for each person")
    window_days: int = Field(strict=True, ge=1, le=366)
    late_days: int = Field(strict=True, ge=0, le=366, description="How long ago it may have been")
    evidence: tuple[Evidence, ...] = ()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.points > self.most_points:
            raise ValueError("a deed earns no more than it may")
        return self


class Reward(_Part):
    """A privilege that points buy: its price, how many a day for all, and its coupon's terms."""

    price_points: int = Field(strict=True, ge=1, le=10_000)
    a_day: int = Field(strict=True, ge=0, le=1_000_000, description="In the whole programme")
    top_tier: bool = Field(default=False, description="For residents of the top tier alone")
    terms: Terms


class Watch(_Part):
    """From where on what residents do together looks odd enough for a person to look at it."""

    mutual_deeds: int = Field(strict=True, ge=2, le=1000, description="Each way, or round a ring")
    residents_a_device: int = Field(strict=True, ge=2, le=1000)
    returns_an_hour: int = Field(strict=True, ge=2, le=1000)
    days: int = Field(strict=True, ge=1, le=60, description="How far back the watch looks")


class PutProgramme(_Part):
    """A community's programme, as the city sets it."""

    deeds: dict[Name, DeedRule] = Field(min_length=1, max_length=50)
    earned_points_a_day: int = Field(strict=True, ge=0, le=1000)
    order_points_a_day: int = Field(
        default=4000,
        strict=True,
        ge=0,
        le=10_000_000,
        description="Spent on orders by all together",
    )
    rewards: dict[Name, Reward] = Field(max_length=20)
    redemptions_a_day: int = Field(strict=True, ge=0, le=100, description="For each resident")
    active_days: int = Field(strict=True, ge=7, le=366)
    low_permille: int = Field(strict=True, ge=10, le=500, description="The top tier's least share")
    high_permille: int = Field(strict=True, ge=10, le=500, description="Its largest share")
    commission_permille: int = Field(strict=True, ge=0, le=200, description="Of goods, to a leader")
    least_buyers: int = Field(
        strict=True, ge=3, le=100, description="A leader sees no total of fewer residents"
    )
    watch: Watch

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.low_permille + 30 > self.high_permille:
            raise ValueError("a band narrower than 3 % has no whole number of people in it")
        return self


class Programme(PutProgramme):
    """A community's programme."""

    community_id: str


@cache
def defaults() -> PutProgramme:
    """
    The programme that ships with this version.

    Raises:
        pydantic.ValidationError: The file breaks its own form.
    """
    return PutProgramme.model_validate_json(_FILE.read_bytes())


def key(community_id: str) -> reads.Key:
    """The key with which a batch reads a programme."""
    return ProgrammeRow, *programme_key(community_id)


def programme_in(found: reads.Found, community_id: str) -> Programme:
    """The programme from a batch that read `key`."""
    return _of(found.get(ProgrammeRow, *programme_key(community_id)), community_id)


def read(community_id: str) -> Programme:
    """A community's programme."""
    return _of(reads.get(ProgrammeRow, *programme_key(community_id)), community_id)


def _of(row: ProgrammeRow | None, community_id: str) -> Programme:
    if row is None:
        return Programme(community_id=community_id, **dict(defaults()))
    return Programme.model_validate_json(row.body)


def put(community_id: str, command: PutProgramme, if_match: str | None) -> tuple[Programme, str]:
    """
    Set a community's programme; answers it with its ETag. What was earned and bought stays.

    Raises:
        Unconditional, Stale: See `kernel.editing`.
    """
    programme = Programme(community_id=community_id, **dict(command))
    new = editing.etag(programme)
    pk, sk = programme_key(community_id)
    row = reads.get(ProgrammeRow, pk, sk)
    # Of what is read now, not as it was written: a newer version may know of more rules.
    seen = editing.etag(_of(row, community_id))
    if editing.check(seen, new, if_match):
        condition = ProgrammeRow.etag == row.etag if row else ProgrammeRow.pk.does_not_exist()
        written = ProgrammeRow(pk, sk, body=programme.model_dump_json(), etag=new)
        with transaction() as tx:
            tx.put(written, condition=condition, refusal=editing.Stale())
    return programme, new
