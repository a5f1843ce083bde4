"""Each minute: heal what time-outs and outages left behind, close what nobody paid in time."""

import os
from typing import Any

import boto3

from linli import payments, risk
from linli.kernel.settings import settings_from_environment
from linli.payments import Parties
from linli.payments.contract import Contract
from linli.presale import paying

SETTINGS = settings_from_environment()
CONTRACT = Contract(os.environ)
SECRETS = boto3.client("secretsmanager")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `payments.sweep`."""
    parties = Parties(paying, CONTRACT.provider(SECRETS), risk.current(), SETTINGS)
    return payments.sweep(parties, SETTINGS.clock.now)
