"""Couriers over HTTP: registration, documents and their verification, hours of a day, stopping."""

from datetime import date
from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from linli import dispatch, fleet
from linli.dispatch import (
    Alert,
    AlertList,
    CloseAlert,
    PayRules,
    PutPayRule,
    ResumeCourier,
    StopCourier,
    Stopped,
)
from linli.fleet import (
    Courier,
    CourierList,
    DeclaredShift,
    DeclareShift,
    Document,
    DocumentKind,
    DocumentList,
    EndShift,
    JudgeDocument,
    PutCourier,
    PutDocument,
)
from linli.kernel import door
from linli.kernel.identity import Role
from linli.kernel.ids import CommunityId, PersonId
from linli.kernel.machines import StepFunctions

app = door.api("couriers")
door.settings()
CourierId = Annotated[PersonId, Path(description="The courier, as their token names them")]
Kind = Annotated[DocumentKind, Path(description="What kind of document")]
Day = Annotated[date, Path(description="The community's local day")]
FirstDay = Annotated[date, Path(description="The first local day of the rule")]
Community = Annotated[CommunityId, Query(description="The community whose couriers are paid so")]
AlertId = Annotated[str, Path(description="The alert's id", pattern=r"^[A-Za-z0-9._-]{1,80}$")]


@cache
def machine() -> StepFunctions:
    """The state machine that offers routes."""
    return StepFunctions(door.settings().offer_machine_arn)


@cache
def replans() -> StepFunctions:
    """The state machine that plans routes anew."""
    return StepFunctions(door.settings().replan_machine_arn)


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


@app.get(
    "/v1/couriers",
    summary="How I am registered; or, for a dispatcher, all couriers",
    tags=["couriers"],
    responses=door.ok(CourierList, 503),
)
def list_couriers() -> Response[CourierList]:
    caller = door.caller(app)
    found = [c for place in caller.places(Role.DISPATCHER) for c in fleet.couriers(place)]
    own = [fleet.courier(place, caller.subject) for place in caller.places(Role.COURIER)]
    mine = [each for each in own if each is not None and each not in found]
    return door.answer(CourierList(couriers=found + mine))


@app.put(
    "/v1/couriers/me/documents/<kind>",
    summary="Hand in a document; no route is offered without those that the vehicle needs",
    tags=["couriers"],
    responses=door.ok(Document, 404, 503),
)
def put_document(kind: Kind, document: PutDocument) -> Response[Document]:
    caller = door.caller(app)
    caller.require(document.community_id, Role.COURIER)
    return door.answer(fleet.hand_in(caller.subject, kind, document, door.now(app)))


@app.get(
    "/v1/couriers/documents",
    summary="My documents; or, for a dispatcher, those of all couriers",
    tags=["couriers"],
    responses=door.ok(DocumentList, 503),
)
def list_documents() -> Response[DocumentList]:
    caller = door.caller(app)
    found = [d for c in caller.places(Role.DISPATCHER) for d in fleet.documents(c)]
    own = [d for c in caller.places(Role.COURIER) for d in fleet.documents(c, caller.subject)]
    return door.answer(DocumentList(documents=found + [each for each in own if each not in found]))


@app.post(
    "/v1/couriers/<courier_id>/documents/<kind>/judge",
    summary="Verify or reject a courier's document, having seen it",
    tags=["couriers"],
    responses=door.ok(Document, 404, 409, 503),
)
def judge_document(courier_id: CourierId, kind: Kind, command: JudgeDocument) -> Response[Document]:
    caller = door.caller(app)
    return door.answer(fleet.judge(courier_id, kind, command, caller, door.now(app)))


@app.put(
    "/v1/couriers/me/shifts/<on>",
    summary="Declare or change my hours of one day; no hours: not that day",
    tags=["couriers"],
    responses=door.ok(DeclaredShift, 404, 503),
)
def declare_shift(on: Day, shift: DeclareShift) -> Response[DeclaredShift]:
    caller = door.caller(app)
    caller.require(shift.community_id, Role.COURIER)
    return door.answer(fleet.declare(caller.subject, on, shift))


@app.post(
    "/v1/couriers/me/shifts/<on>/end",
    summary="Ride no more on that day; routes that I hold stay mine",
    tags=["couriers"],
    responses=door.ok(DeclaredShift, 404, 503),
)
def end_shift(on: Day, command: EndShift) -> Response[DeclaredShift]:
    caller = door.caller(app)
    caller.require(command.community_id, Role.COURIER)
    return door.answer(fleet.end(caller.subject, on, command.community_id))


@app.post(
    "/v1/couriers/<courier_id>/stop",
    summary="A courier cannot go on: their routes go to others",
    tags=["couriers"],
    responses=door.ok(Stopped, 404, 409, 503),
)
def stop_courier(courier_id: CourierId, command: StopCourier) -> Response[Stopped]:
    caller = door.caller(app)
    told = dispatch.stop_by_dispatcher(
        courier_id, command, caller, machine(), dispatch.by_replan(replans()), door.now(app)
    )
    return door.answer(told)


@app.post(
    "/v1/couriers/<courier_id>/resume",
    summary="A courier who was stopped may be offered routes again",
    tags=["couriers"],
    responses=door.ok(DocumentList, 404, 409, 503),
)
def resume_courier(courier_id: CourierId, command: ResumeCourier) -> Response[DocumentList]:
    dispatch.resume(courier_id, command, door.caller(app))
    return door.answer(DocumentList(documents=fleet.documents(command.community_id, courier_id)))


@app.put(
    "/v1/pay-rules/<from_on>",
    summary="What riding earns from a day on, told at least a week before",
    description="A route is paid by the rule of its day; nothing is ever priced anew.",
    tags=["couriers"],
    responses=door.ok(PayRules, 404, 409, 503),
)
def put_pay_rule(from_on: FirstDay, rule: PutPayRule) -> Response[PayRules]:
    caller, now = door.caller(app), door.now(app)
    return door.answer(dispatch.put_pay_rule(from_on, rule, caller, now))


@app.get(
    "/v1/pay-rules",
    summary="What riding in a community has earned, earns, and will earn",
    tags=["couriers"],
    responses=door.ok(PayRules, 404, 503),
)
def read_pay_rules(community_id: Community) -> Response[PayRules]:
    caller = door.caller(app)
    caller.require(community_id, Role.COURIER, Role.DISPATCHER, Role.CITY)
    return door.answer(dispatch.pay_rules(community_id))


@app.get(
    "/v1/alerts",
    summary="Calls for help, couriers who stopped, routes that nobody takes",
    tags=["couriers"],
    responses=door.ok(AlertList, 503),
)
def list_alerts() -> Response[AlertList]:
    return door.answer(AlertList(alerts=dispatch.alerts_of(door.caller(app))))


@app.post(
    "/v1/alerts/<alert_id>/close",
    summary="Close an alert with what was done about it",
    tags=["couriers"],
    responses=door.ok(Alert, 404, 503),
)
def close_alert(alert_id: AlertId, command: CloseAlert) -> Response[Alert]:
    return door.answer(dispatch.close_alert(alert_id, command, door.caller(app), door.now(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
