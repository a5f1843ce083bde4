"""Couriers register themselves over HTTP."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from linli import fleet
from linli.fleet import Courier, PutCourier
from linli.kernel import door
from linli.kernel.identity import Role

app = door.api("couriers")
door.settings()


@app.put(
    "/v1/couriers/me",
    summary="Register as a courier of a community, or change it",
    description="Sending the same body again changes nothing. Capacities default to the vehicle's.",
    tags=["couriers"],
    responses=door.ok(Courier, 404, 503),
)
def put_courier(courier: PutCourier) -> Response[Courier]:
    caller = door.caller(app)
    caller.require(courier.community_id, Role.COURIER)
    return door.answer(fleet.put_courier(caller.subject, courier))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
