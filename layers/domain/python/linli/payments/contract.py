"""A deployment's contract with its payment provider: settings, the secret, the adapter."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from linli.payments.provider import Provider
from linli.payments.wechat import WechatPay
from linli.payments.wechat_client import WechatCredentials, client


class PaymentSettings(BaseModel):
    """What a deployment chooses about payments; the template gives each its value."""

    model_config = ConfigDict(frozen=True)

    secret_arn: str = Field(default="", validation_alias="PAYMENT_SECRET_ARN")
    base_url: str = Field(
        default="https://api.mch.weixin.qq.com", validation_alias="WECHAT_BASE_URL"
    )
    notify_url: str = Field(default="", validation_alias="PAYMENT_NOTIFY_URL")


class Contract:
    """
    The process's way to its provider: the secret is read once it holds credentials, and kept.

    Until then there is no provider, and orders can only be paid in cash.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._settings = PaymentSettings.model_validate(dict(environment))
        self._provider: Provider | None = None

    def provider(self, secrets: Any) -> Provider | None:
        """
        The provider; `secrets` is a client of the secret store.

        Raises:
            pydantic.ValidationError: The secret is not of the form of `WechatCredentials`.
        """
        if self._provider is None and self._settings.secret_arn:
            answer = secrets.get_secret_value(SecretId=self._settings.secret_arn)
            if content := json.loads(answer["SecretString"]):
                credentials = WechatCredentials.model_validate(content)
                asked = client(credentials, self._settings.base_url, self._settings.notify_url)
                self._provider = WechatPay(credentials, asked)
        return self._provider
