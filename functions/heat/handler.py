"""The heat map, its peaks, and the presale's share of sales over HTTP."""

from datetime import date, timedelta
from typing import Annotated, Any

import h3
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from linli import heat
from linli.heat.rules import TARGET_SHARE
from linli.kernel import door
from linli.kernel.errors import Invalid
from linli.kernel.identity import Role
from linli.kernel.ids import CommunityId

app = door.api("heat")
door.settings()
MOST_DAYS = timedelta(days=366)


class AreaView(BaseModel):
    """Orders of an H3 cell in an hour of the local week (0: Monday at midnight)."""

    cell: str | None
    lon: float | None
    lat: float | None
    hour_of_week: int
    orders: int


class PeakView(BaseModel):
    """Hours of a weekday (0: Monday) with far more orders than usual."""

    weekday: int
    from_hour: int
    until_hour: int
    orders: int


class HeatView(BaseModel):
    """Counts below five are merged into larger cells, or not told."""

    areas: list[AreaView]
    peaks: list[PeakView]


class ShareView(BaseModel):
    """Presales beside all sales that were handed over."""

    units: int
    presale_units: int
    fen: int
    presale_fen: int
    unit_share: float
    fen_share: float
    target_share: float
    reached: bool


@app.get(
    "/v1/heat",
    summary="Where and when a community orders, and its peaks",
    tags=["heat"],
    responses=door.ok(HeatView, 404),
)
def read_heat(community_id: Annotated[CommunityId, Query()]) -> Response[HeatView]:
    door.caller(app).require(community_id, Role.LEADER, Role.DISPATCHER, Role.CITY)
    counts = heat.heat_of(community_id)
    areas = [_area(area) for area in heat.published(counts)]
    found = [
        PeakView(
            weekday=peak.weekday,
            from_hour=peak.from_hour,
            until_hour=peak.until_hour,
            orders=peak.orders,
        )
        for peak in heat.peaks(counts)
    ]
    return door.answer(HeatView(areas=areas, peaks=found))


def _area(area: heat.Area) -> AreaView:
    lat, lon = h3.cell_to_latlng(area.cell) if area.cell else (None, None)
    return AreaView(
        cell=area.cell, lon=lon, lat=lat, hour_of_week=area.hour_of_week, orders=area.orders
    )


@app.get(
    "/v1/presale-share",
    summary="The presale's share of sales, beside its target of 20 %",
    tags=["presale"],
    responses=door.ok(ShareView, 404),
)
def read_share(
    community_id: Annotated[CommunityId, Query()],
    first: Annotated[date, Query(alias="from")],
    last: Annotated[date, Query(alias="to")],
) -> Response[ShareView]:
    door.caller(app).require(community_id, Role.LEADER, Role.DISPATCHER, Role.CITY)
    if not first <= last <= first + MOST_DAYS:
        raise Invalid("from <= to, a year at most")
    share = heat.share_of(community_id, first, last)
    view = ShareView(
        units=share.units,
        presale_units=share.presale_units,
        fen=share.fen,
        presale_fen=share.presale_fen,
        unit_share=round(share.unit_share, 4),
        fen_share=round(share.fen_share, 4),
        target_share=TARGET_SHARE,
        reached=share.fen_share >= TARGET_SHARE,
    )
    return door.answer(view)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
