"""Couriers over HTTP while they ride: what comes next, what they tell, what they have earned."""

from datetime import date
from functools import cache, partial
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from linli import dispatch
from linli.credit import Points
from linli.dispatch import ActionsTold, Earnings, Helpers, NextStop, TellActions
from linli.kernel import door
from linli.kernel.machines import StepFunctions
from linli.waves.model import DeliveryView, ReportDelivery

app = door.api("deliveries")
door.settings()
From = Annotated[date, Query(description="The first local day")]
To = Annotated[date, Query(description="The last local day")]


@cache
def helpers() -> Helpers:
    """What a courier's word may set in motion."""
    settings = door.settings()
    replans = StepFunctions(settings.replan_machine_arn)
    return Helpers(
        machine=StepFunctions(settings.offer_machine_arn),
        hand_on=dispatch.by_replan(replans),
        report_lift=partial(dispatch.lift_seen, replans),
        reward_points=Points(settings.points_a_return),
    )


@app.post(
    "/v1/deliveries",
    summary="Report an order delivered or failed, with the boxes handed over",
    description="Sending the same body again answers the same.",
    tags=["routes"],
    status_code=201,
    responses=door.ok(DeliveryView, 404, 409, 503, status=201),
)
def report_delivery(report: ReportDelivery) -> Response[DeliveryView]:
    told = dispatch.report_delivery(report, door.caller(app), door.now(app))
    return door.answer(told, 201)


@app.get(
    "/v1/couriers/me/next-stop",
    summary="Where I go now: the first visit left of my first route; and how I stand",
    tags=["couriers"],
    responses=door.ok(NextStop, 503),
)
def read_next_stop() -> Response[NextStop]:
    return door.answer(dispatch.next_stop(door.caller(app), door.now(app)))


@app.post(
    "/v1/couriers/me/actions",
    summary="Tell what I have done, also what I did without network",
    description=(
        "Arrivals, deliveries with their proof, failures, empties, breaks, SOS, lifts. Taken in by "
        "the device's numbers; the device's time is kept. Sending them again is harmless; each "
        "conflict is told by its action."
    ),
    tags=["couriers"],
    responses=door.ok(ActionsTold, 404, 503),
)
def tell_actions(told: TellActions) -> Response[ActionsTold]:
    return door.answer(dispatch.tell(told, door.caller(app), helpers(), door.now(app)))


@app.get(
    "/v1/couriers/me/earnings",
    summary="What I have earned, route by route",
    tags=["couriers"],
    responses=door.ok(Earnings, 503),
)
def read_earnings(from_on: From, to_on: To) -> Response[Earnings]:
    return door.answer(dispatch.earnings(door.caller(app).subject, from_on, to_on))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
