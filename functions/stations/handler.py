"""Return stations over HTTP: where they stand and have room, and their machines."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel

from linli import boxes
from linli.boxes import Machine, PutMachine, PutStation, Station, StationNear
from linli.kernel import door
from linli.kernel.errors import Invalid
from linli.kernel.geography import Crs, point
from linli.kernel.ids import StoreId, ThingId

app = door.api("stations")
door.settings()


class Stations(BaseModel):
    """Stations near a place, the nearest first."""

    stations: list[StationNear]


@app.put(
    "/v1/stations/<station_id>",
    summary="Register a return station",
    description="Changing one needs `If-Match` with the ETag that was seen.",
    tags=["boxes"],
    responses=door.ok(Station, 404, 409, 412, 428),
)
def put_station(
    station_id: Annotated[StoreId, Path(description="The station's GLN")],
    station: PutStation,
    if_match: Annotated[str | None, Header(alias="If-Match")] = None,
) -> Response[Station]:
    known, etag = boxes.put_station(station_id, station, caller=door.caller(app), if_match=if_match)
    return door.answer(known, ETag=etag)


@app.get(
    "/v1/stations",
    summary="Where boxes are taken back near a place",
    tags=["boxes"],
    responses=door.ok(Stations),
)
def find_stations(
    lon: Annotated[float, Query()],
    lat: Annotated[float, Query()],
    crs: Annotated[Crs, Query()] = "WGS84",
    metres: Annotated[int, Query(ge=1, le=6000)] = 3000,
) -> Response[Stations]:
    try:
        place = point(lon, lat, crs)
    except ValueError as error:
        raise Invalid(str(error)) from None
    return door.answer(Stations(stations=boxes.near(place, metres)))


@app.put(
    "/v1/return-machines/<thing>",
    summary="Say at which station a return machine stands",
    tags=["boxes"],
    responses=door.ok(Machine, 404, 409),
)
def put_machine(thing: Annotated[ThingId, Path()], machine: PutMachine) -> Response[Machine]:
    return door.answer(boxes.put_machine(thing, machine, caller=door.caller(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
