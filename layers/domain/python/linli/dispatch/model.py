"""Offers, runs and rounds as the rest of the system sees them, and their refusals."""

from datetime import timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.errors import Conflict
from linli.kernel.ids import CommandId, CommunityId, PersonId, SlotId
from linli.waves.model import OfferView, RouteId

SINGLE_ROUNDS: Final = 3
"""Rounds in which a route is offered to one courier; then one in which the first has it."""
MOST_RIVALS: Final = 5
"""How many couriers get a route that nobody wanted, at once."""
OFFER_FOR: Final = timedelta(minutes=3)
"""How long an offer stands, unless the deployment says otherwise."""

OfferState = Literal["open", "accepted", "declined", "expired", "withdrawn", "lost"]


class OfferGone(Conflict):
    """The offer was declined, withdrawn, or its time is over."""

    code = "offer_gone"
    title_en = "This offer is no longer open"
    title_zh = "该派单已失效"


class NotOffered(Conflict):
    """The route is not offered to this courier."""

    code = "not_offered"
    title_en = "This route is not offered to you"
    title_zh = "该路线未派给您"


class Busy(Conflict):
    """The courier holds another route at that time."""

    code = "busy"
    title_en = "You hold another route at that time"
    title_zh = "您在该时段已有其他路线"


class NotFit(Conflict):
    """The courier cannot ride this route; `obstacle` says why."""

    code = "not_fit"
    title_en = "This courier cannot ride this route"
    title_zh = "该配送员不符合该路线要求"


class NotHeld(Conflict):
    """Nobody holds the route, or it is done."""

    code = "not_held"
    title_en = "Nobody holds this route"
    title_zh = "该路线当前无人承接"


class RunStep(BaseModel):
    """What each task of a wave's offers is told: the wave, and which run of them this is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wave_id: SlotId
    run: int = Field(strict=True, gt=0)


class RoundStep(RunStep):
    """A round of offers."""

    round: int = Field(strict=True, gt=0, le=99)


class CloseStep(RunStep):
    """The end of a run; `error` if a step failed for good."""

    error: str = ""


class OfferStep(BaseModel):
    """One offer, and the token with which the machine waits for its answer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    route_id: RouteId
    offer: str
    token: str = ""


class AnswerOffer(BaseModel):
    """A courier's word on an offer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId


class Withdraw(BaseModel):
    """A dispatcher takes a route's open offers back, or the route from who holds it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    reason: str = Field(min_length=1, max_length=200)


class Assign(BaseModel):
    """A dispatcher gives a route to a courier who has agreed by other means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    courier_id: PersonId


class RouteOffer(OfferView):
    """A route as offered to the caller, or held by them."""

    expires_at: str | None = Field(default=None, description="When the offer ends, if it is one")
    pay_fen: int = Field(description="What riding all of it earns")


class RouteOffers(BaseModel):
    """Routes that are offered to the caller, then those that they hold or held."""

    routes: list[RouteOffer]


class OfferLine(BaseModel):
    """An offer as a dispatcher sees it."""

    route_id: str
    courier_id: str
    state: OfferState
    round: int
    cost_fen: int
    offered_at: str
    expires_at: str
    settled_at: str | None
    reason: str | None


class RunView(BaseModel):
    """A wave's offers: how far they are, and every one of them."""

    wave_id: str
    community_id: CommunityId
    run: int
    state: Literal["offering", "closed"]
    taken: int | None = None
    reserve: int | None = Field(default=None, description="Ridden by reserve vehicles")
    uncovered: int | None = Field(default=None, description="Nobody has taken them")
    fault: str | None = None
    offers: list[OfferLine]
