"""
The provider's notifications over HTTP. No token: the signature over the body says who sent it.
"""

import os
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import Response

from linli import payments, risk
from linli.kernel import door
from linli.kernel.errors import Invalid
from linli.payments import Parties
from linli.payments.contract import Contract
from linli.presale import paying

app = door.api("pay_notifications")
door.settings()
CONTRACT = Contract(os.environ)


@cache
def secrets() -> Any:
    """The process's client of the secret store."""
    return boto3.client("secretsmanager")


@app.post("/v1/payments/notifications/wechat", include_in_schema=False)
def take_notification() -> Response[str]:
    event = app.current_event
    try:
        body = event.decoded_body or ""
    except ValueError:
        raise Invalid("the body is no text") from None
    headers = {str(name): str(value) for name, value in event.headers.items()}
    provider = CONTRACT.provider(secrets())
    parties = Parties(paying, provider, risk.current(), door.settings())
    payments.take(headers, body, parties=parties, now=door.now(app))
    return Response(status_code=204, content_type="application/json", body="")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
