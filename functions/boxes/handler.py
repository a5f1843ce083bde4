"""Returnable boxes over HTTP: register, look up, scan, return, wash, dispute."""

from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel, Field

from linli import boxes
from linli.boxes import (
    Box,
    BoxHistory,
    Custodian,
    DisputeBox,
    Disputed,
    InspectBox,
    Inspected,
    MyBoxes,
    RegisterBox,
    ReturnBox,
    Returned,
    Scans,
    ScansTold,
)
from linli.credit import Points
from linli.kernel import door
from linli.kernel.ids import BoxId, CommandId

app = door.api("boxes")
door.settings()
ReturnPath = Annotated[CommandId, Path(description="The announcement's id")]
BoxPath = Annotated[BoxId, Path(description="The box's GRAI")]


class BoxView(BaseModel):
    """A box as the caller may see it."""

    box_id: str
    custodian: Custodian
    custodian_id: str | None = Field(description="Left out for a store when a resident has it")
    cycle: int = Field(description="How often it went out to a resident")
    deposit_fen: int = Field(description="What its return will refund, in fen")
    clean: bool = Field(description="Whether it may go out: washed since it came back")

    @classmethod
    def of(cls, box: Box) -> Self:
        """The view of `box`."""
        return cls.model_validate(box.model_dump() | {"custodian_id": box.custodian_id or None})


@app.put(
    "/v1/boxes/<box_id>",
    summary="Take a box into use",
    description="Sending it again changes nothing.",
    tags=["boxes"],
    responses=door.ok(BoxView, 404, 409),
)
def register_box(box_id: BoxPath, box: RegisterBox) -> Response[BoxView]:
    registered = boxes.register(box_id, box, caller=door.caller(app), now=door.now(app))
    return door.answer(BoxView.of(registered))


@app.get(
    "/v1/boxes/<box_id>",
    summary="Who has a box",
    description="Stores see any box; a resident sees the box that they have.",
    tags=["boxes"],
    responses=door.ok(BoxView, 404),
)
def read_box(box_id: BoxPath) -> Response[BoxView]:
    return door.answer(BoxView.of(boxes.read(box_id, caller=door.caller(app))))


@app.get(
    "/v1/boxes/<box_id>/history",
    summary="The way that a box has come",
    description="By when it was seen: its moves, and the scans that moved nothing, among them "
    "those that contradict the rest. People are left out.",
    tags=["boxes"],
    responses=door.ok(BoxHistory, 404),
)
def read_history(box_id: BoxPath) -> Response[BoxHistory]:
    return door.answer(boxes.history(box_id, caller=door.caller(app)))


@app.get(
    "/v1/me/boxes",
    summary="My boxes",
    description="What I have, and what I have not brought back in time: each with its deposit.",
    tags=["boxes"],
    responses=door.ok(MyBoxes),
)
def my_boxes() -> Response[MyBoxes]:
    return door.answer(boxes.my_boxes(door.caller(app).subject))


@app.post(
    "/v1/scans",
    summary="Tell where boxes were seen",
    description="By keepers and couriers, perhaps hours later: each scan has the scanner's own "
    "time, is told once, and never moves the present backwards. A resident's box that is seen at "
    "a store, a station or with a courier is returned by it.",
    tags=["boxes"],
    responses=door.ok(ScansTold, 404, 409, 503),
)
def tell_scans(scans: Scans) -> Response[ScansTold]:
    told = boxes.scan_all(
        scans,
        caller=door.caller(app),
        now=door.now(app),
        reward_points=Points(door.settings().points_a_return),
    )
    return door.answer(told)


@app.post(
    "/v1/boxes/<box_id>/disputes",
    summary="Dispute what the books say of a box",
    description="Opens a case with an owner; only by who has the box, or had it.",
    tags=["boxes"],
    status_code=201,
    responses=door.ok(Disputed, 404, status=201),
)
def dispute_box(box_id: BoxPath, dispute: DisputeBox) -> Response[Disputed]:
    told = boxes.dispute(box_id, dispute, caller=door.caller(app), now=door.now(app))
    return door.answer(told, 201)


@app.get(
    "/v1/returns/<return_id>",
    summary="A return that I announced",
    tags=["boxes"],
    responses=door.ok(Returned, 404),
)
def read_return(return_id: ReturnPath) -> Response[Returned]:
    return door.answer(boxes.read_return(str(return_id), caller=door.caller(app)))


@app.post(
    "/v1/returns",
    summary="Return a box, or announce its return",
    description="A resident announces a return, which is `pending` (202) and does nothing until "
    "somebody has the box in hand: a store or a station's keeper confirms it here (201), a courier "
    "at the door, or a return machine. Then the deposit goes back to whose it was in full, and the "
    "points go to who returned it. Sending the same body again answers the same.",
    tags=["boxes"],
    status_code=201,
    responses=door.ok(Returned, 404, 409, 503, status=201) | door.ok(Returned, status=202),
)
def return_box(box: ReturnBox) -> Response[Returned]:
    returned = boxes.take_back(
        box,
        caller=door.caller(app),
        now=door.now(app),
        reward_points=Points(door.settings().points_a_return),
    )
    return door.answer(returned, 202 if returned.state == "pending" else 201)


@app.post(
    "/v1/inspections",
    summary="Wash and inspect a box",
    description="A box that came back goes out again only after this; a broken or worn one is "
    "retired.",
    tags=["boxes"],
    status_code=201,
    responses=door.ok(Inspected, 404, 409, 503, status=201),
)
def inspect_box(box: InspectBox) -> Response[Inspected]:
    return door.answer(boxes.inspect(box, caller=door.caller(app), now=door.now(app)), 201)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
