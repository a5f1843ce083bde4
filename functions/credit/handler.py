"""Neighbour credit over HTTP: a resident's own, deeds, rewards, tiers, and the programme."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from pydantic import BaseModel

from linli import credit, leaders
from linli.credit import (
    Appeal,
    Appealed,
    AwardDeed,
    AwardedDeed,
    Coupon,
    MerchantAccount,
    PaidMerchant,
    PayMerchant,
    Redeemed,
    RedeemReward,
    ReversedDeed,
    ReverseDeed,
    Standing,
    Statement,
)
from linli.credit.programme import Programme, PutProgramme
from linli.kernel import door, editing
from linli.kernel.identity import Role
from linli.kernel.ids import CommunityId, StoreId
from linli.leaders import ProgrammeAccount

app = door.api("credit")
door.settings()
Cursor = Annotated[str | None, Query(max_length=300, description="From the page before")]
IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag that you saw")]
Community = Annotated[CommunityId, Path()]


class CouponList(BaseModel):
    """A resident's coupons, those that may be used first."""

    coupons: list[Coupon]


@app.get(
    "/v1/me/credit",
    summary="My points and deposits",
    description="Balances, lots that expire, and the entries behind them, the newest first.",
    tags=["credit"],
    responses=door.ok(Statement),
)
def my_credit(cursor: Cursor = None) -> Response[Statement]:
    who = door.caller(app).subject
    return door.answer(credit.statement(who, now=door.now(app), cursor=cursor))


@app.get(
    "/v1/me/coupons",
    summary="My coupons",
    tags=["credit"],
    responses=door.ok(CouponList),
)
def my_coupons() -> Response[CouponList]:
    return door.answer(CouponList(coupons=credit.list_coupons(door.caller(app).subject)))


@app.get(
    "/v1/me/tier",
    summary="My score and tier in a community, and why",
    tags=["credit"],
    responses=door.ok(Standing, 404),
)
def my_tier(community_id: Annotated[CommunityId, Query()]) -> Response[Standing]:
    return door.answer(credit.standing(door.caller(app), community_id, door.now(app)))


@app.post(
    "/v1/appeals",
    summary="Appeal against my tier",
    description="Opens a case, which a person of the community decides.",
    tags=["credit"],
    status_code=201,
    responses=door.ok(Appealed, 404, 409, status=201),
)
def appeal(command: Appeal) -> Response[Appealed]:
    opened = credit.appeal(command, caller=door.caller(app), now=door.now(app))
    return door.answer(opened, 201)


@app.post(
    "/v1/deeds",
    summary="Award the points of a deed",
    description="Sending the same body again answers the same, refusals included.",
    tags=["credit"],
    status_code=201,
    responses=door.ok(AwardedDeed, 404, 409, 503, status=201),
)
def award_deed(deed: AwardDeed) -> Response[AwardedDeed]:
    return door.answer(credit.award(deed, caller=door.caller(app), now=door.now(app)), 201)


@app.post(
    "/v1/deed-reversals",
    summary="Take the points of a deed back",
    description="By a new entry; the deed's own stays. The resident reads the reason.",
    tags=["credit"],
    status_code=201,
    responses=door.ok(ReversedDeed, 404, 409, 503, status=201),
)
def reverse_deed(command: ReverseDeed) -> Response[ReversedDeed]:
    undone = credit.reverse_deed(command, caller=door.caller(app), now=door.now(app))
    return door.answer(undone, 201)


@app.post(
    "/v1/redemptions",
    summary="Take a reward for points",
    description="Sending the same body again answers the same, refusals included.",
    tags=["credit"],
    status_code=201,
    responses=door.ok(Redeemed, 404, 409, 503, status=201),
)
def redeem(command: RedeemReward) -> Response[Redeemed]:
    return door.answer(credit.redeem(command, caller=door.caller(app), now=door.now(app)), 201)


@app.get(
    "/v1/credit-programmes/<community_id>",
    summary="What deeds earn and what points buy in a community",
    tags=["credit"],
    responses=door.ok(Programme),
)
def read_programme(community_id: Community) -> Response[Programme]:
    found = credit.programme.read(community_id)
    return door.answer(found, ETag=editing.etag(found))


@app.put(
    "/v1/credit-programmes/<community_id>",
    summary="Set a community's programme",
    description="What was earned and bought stays. The band of the top tier is at least 3 % wide.",
    tags=["credit"],
    responses=door.ok(Programme, 404, 412, 428),
)
def put_programme(
    community_id: Community,
    programme: Annotated[PutProgramme, Body()],
    if_match: IfMatch = None,
) -> Response[Programme]:
    door.caller(app).require(community_id, Role.CITY)
    written, etag = credit.programme.put(community_id, programme, if_match)
    return door.answer(written, ETag=etag)


@app.get(
    "/v1/credit-programmes/<community_id>/account",
    summary="What a community's programme has come to",
    description="Discounts by merchant and commissions of all leaders, as sums of entries.",
    tags=["credit"],
    responses=door.ok(ProgrammeAccount, 404),
)
def programme_account(community_id: Community) -> Response[ProgrammeAccount]:
    return door.answer(leaders.programme_account(community_id, caller=door.caller(app)))


@app.get(
    "/v1/stores/<store_id>/account",
    summary="What the programme owes the merchant of a store",
    description="For discounts on goods of theirs in the community, and what was paid of it.",
    tags=["credit"],
    responses=door.ok(MerchantAccount, 404),
)
def merchant_account(
    store_id: Annotated[StoreId, Path()], cursor: Cursor = None
) -> Response[MerchantAccount]:
    return door.answer(credit.account(store_id, caller=door.caller(app), cursor=cursor))


@app.post(
    "/v1/merchant-payouts",
    summary="Note that a merchant was paid",
    description="At most what is owed. Sending the same body again answers the same.",
    tags=["credit"],
    status_code=201,
    responses=door.ok(PaidMerchant, 404, 409, 503, status=201),
)
def pay_merchant(command: PayMerchant) -> Response[PaidMerchant]:
    return door.answer(credit.pay(command, caller=door.caller(app), now=door.now(app)), 201)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
