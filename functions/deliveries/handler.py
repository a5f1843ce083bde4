"""Couriers report over HTTP how their stops ended."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from linli import waves
from linli.kernel import door
from linli.waves.model import DeliveryView, ReportDelivery

app = door.api("deliveries")
door.settings()


@app.post(
    "/v1/deliveries",
    summary="Report an order delivered or failed, with the boxes handed over",
    description="Sending the same body again answers the same.",
    tags=["routes"],
    status_code=201,
    responses=door.ok(DeliveryView, 404, 409, 503, status=201),
)
def report_delivery(report: ReportDelivery) -> Response[DeliveryView]:
    told = waves.report_delivery(report, door.caller(app), door.now(app))
    return door.answer(told, 201)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
