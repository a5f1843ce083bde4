"""The client library wechatpayv3, as far as it is used: its contract, its calls, how it is made."""

from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from wechatpayv3 import WeChatPay, WeChatPayType

TIMEOUT_SECONDS = (2.0, 5.0)
"""To connect, and to read."""
_LIBRARY_URL = "https://api.mch.weixin.qq.com"


class WechatCredentials(BaseModel):
    """A merchant's contract, as kept in the secret store (JSON)."""

    model_config = ConfigDict(frozen=True)

    mchid: str = Field(min_length=1)
    appid: str = Field(min_length=1)
    serial_no: str = Field(min_length=1, description="Of the merchant's certificate")
    private_key: SecretStr = Field(description="The merchant's key, PKCS#8 in PEM")
    apiv3_key: SecretStr = Field(min_length=32, max_length=32)
    public_key: str = Field(description="WeChat Pay's public key, PEM")
    public_key_id: str = Field(pattern=r"^PUB_KEY_ID_\w+$")


class Client(Protocol):
    """What is used of the library's client; each call answers (HTTP status, body)."""

    def pay(self, **order: Any) -> tuple[int, str]:
        """POST /v3/pay/transactions/{type}."""
        ...

    def query(self, *, out_trade_no: str) -> tuple[int, str]:
        """GET /v3/pay/transactions/out-trade-no/{number}."""
        ...

    def close(self, out_trade_no: str) -> tuple[int, str]:
        """POST …/close."""
        ...

    def refund(self, **refund: Any) -> tuple[int, str]:
        """POST /v3/refund/domestic/refunds."""
        ...

    def query_refund(self, out_refund_no: str) -> tuple[int, str]:
        """GET /v3/refund/domestic/refunds/{number}."""
        ...

    def callback(self, headers: Mapping[str, str], body: str) -> dict[str, Any] | None:
        """The notification, verified and decrypted; None if it is forged."""
        ...

    def sign(self, data: list[str]) -> str:
        """The merchant's signature over the lines of `data`."""
        ...


def client(
    credentials: WechatCredentials,
    base_url: str,
    notify_url: str,
    timeout_seconds: tuple[float, float] = TIMEOUT_SECONDS,
) -> Client:
    """
    The library's client, speaking to `base_url` (https://api.mch.weixin.qq.com in earnest).

    The library (2.0.4) has no setting for its address, so the one attribute that holds it is set
    here; a test notices when a new version moves it.
    """
    made = WeChatPay(
        wechatpay_type=WeChatPayType.JSAPI,
        mchid=credentials.mchid,
        private_key=credentials.private_key.get_secret_value(),
        cert_serial_no=credentials.serial_no,
        appid=credentials.appid,
        apiv3_key=credentials.apiv3_key.get_secret_value(),
        notify_url=notify_url,
        timeout=timeout_seconds,
        public_key=credentials.public_key,
        public_key_id=credentials.public_key_id,
    )
    assert made._core._gate_way == _LIBRARY_URL, "another version of the library"
    made._core._gate_way = base_url.rstrip("/")
    answer: Client = made
    return answer
