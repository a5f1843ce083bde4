"""Payments over HTTP: pay an order, see how that stands, judge what was held, pay back."""

import os
from functools import cache
from typing import Annotated, Any

import boto3
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from linli import payments, risk
from linli.kernel import door
from linli.kernel.ids import CommandId
from linli.payments import (
    Attempt,
    AttemptState,
    HeldAttempt,
    Parties,
    Payment,
    PayOrder,
    PayOut,
    Payout,
    Refund,
    RefundOrder,
    Review,
)
from linli.payments.contract import Contract
from linli.presale import paying

app = door.api("payments")
door.settings()
CONTRACT = Contract(os.environ)
OrderId = Annotated[CommandId, Path(description="The id that the order was placed under")]
RefundId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,50}$", description="As it is listed")]
AttemptId = Annotated[CommandId, Path(description="The id that the attempt was made under")]
_NOT_YET = (AttemptState.UNKNOWN, AttemptState.HELD)


class HeldList(BaseModel):
    """The attempts that wait for a dispatcher's word, the most urgent first."""

    attempts: list[HeldAttempt]


class Payouts(BaseModel):
    """The refunds that a person has to pay out, the longest waiting first."""

    payouts: list[Payout]


@cache
def secrets() -> Any:
    """The process's client of the secret store."""
    return boto3.client("secretsmanager")


def parties() -> Parties:
    """Who takes part in payments here."""
    return Parties(paying, CONTRACT.provider(secrets()), risk.current(), door.settings())


@app.post(
    "/v1/orders/<order_id>/payments",
    summary="Pay an order",
    description="Sending the same body again goes on with the same attempt. 202: the attempt is "
    "held for review, or the provider has not answered; read the order's payments later.",
    tags=["payments"],
    status_code=201,
    responses=door.ok(Attempt, 404, 409, 503, status=201),
)
def pay_order(order_id: OrderId, payment: PayOrder) -> Response[Attempt]:
    attempt = payments.pay(
        payment,
        str(order_id),
        caller=door.caller(app),
        now=door.now(app),
        parties=parties(),
    )
    return door.answer(attempt, 202 if attempt.state in _NOT_YET else 201)


@app.get(
    "/v1/orders/<order_id>/payments",
    summary="How the payment of an order stands",
    tags=["payments"],
    responses=door.ok(Payment, 404),
)
def read_payment(order_id: OrderId) -> Response[Payment]:
    stands = payments.payment(str(order_id), caller=door.caller(app), parties=parties())
    return door.answer(stands)


@app.post(
    "/v1/orders/<order_id>/refunds",
    summary="Pay back a part of an order, or all of it",
    description="A dispatcher refunds any part of what was paid; a store, up to its own goods.",
    tags=["payments"],
    status_code=201,
    responses=door.ok(Refund, 404, 409, 503, status=201),
)
def refund_order(order_id: OrderId, refund: RefundOrder) -> Response[Refund]:
    made = payments.refund(
        refund,
        str(order_id),
        caller=door.caller(app),
        now=door.now(app),
        parties=parties(),
    )
    return door.answer(made, 201)


@app.get(
    "/v1/payouts",
    summary="The refunds that wait to be paid out by a person",
    description="Deposits that came in cash, or too long ago for the provider, and what the "
    "provider would not give back. Their owners get them at any store of the community.",
    tags=["payments"],
    responses=door.ok(Payouts),
)
def list_payouts() -> Response[Payouts]:
    return door.answer(Payouts(payouts=payments.payouts(caller=door.caller(app))))


@app.post(
    "/v1/orders/<order_id>/refunds/<refund_id>/pay-out",
    summary="Book that a refund was paid out by hand",
    description="By a keeper at their store, or by a dispatcher; nobody pays themselves.",
    tags=["payments"],
    responses=door.ok(Refund, 404, 409, 503),
)
def pay_out(order_id: OrderId, refund_id: RefundId, payout: PayOut) -> Response[Refund]:
    paid = payments.pay_out(
        str(order_id), refund_id, payout, caller=door.caller(app), now=door.now(app)
    )
    return door.answer(paid)


@app.get(
    "/v1/payments/held",
    summary="The attempts that were held for review, and why",
    tags=["payments"],
    responses=door.ok(HeldList),
)
def list_held() -> Response[HeldList]:
    found = payments.held(caller=door.caller(app), ruleset=risk.current())
    return door.answer(HeldList(attempts=found))


@app.post(
    "/v1/payments/<attempt_id>/release",
    summary="Let a held attempt go on to the provider",
    tags=["payments"],
    responses=door.ok(Attempt, 404, 409, 503),
)
def release_attempt(attempt_id: AttemptId, review: Review) -> Response[Attempt]:
    attempt = payments.release(
        str(attempt_id),
        review,
        caller=door.caller(app),
        now=door.now(app),
        parties=parties(),
    )
    return door.answer(attempt)


@app.post(
    "/v1/payments/<attempt_id>/reject",
    summary="End a held attempt, and block who made it",
    tags=["payments"],
    responses=door.ok(Attempt, 404, 409, 503),
)
def reject_attempt(attempt_id: AttemptId, review: Review) -> Response[Attempt]:
    attempt = payments.reject(str(attempt_id), review, caller=door.caller(app), now=door.now(app))
    return door.answer(attempt)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
