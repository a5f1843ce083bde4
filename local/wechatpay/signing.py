"""The protocol's cryptography, from the provider's side (WeChat Pay API v3, "WECHATPAY2")."""

import base64
import json
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from local.wechatpay.keys import Keys

SCHEME = "WECHATPAY2-SHA256-RSA2048"
MOST_SKEW_SECONDS = 300
_FIELD = re.compile(r'(\w+)="([^"]*)"')


class NotSigned(Exception):
    """A request's signature is missing, wrong, too old or used before; the text says which."""


class Guard:
    """Checks the signatures of requests; knows each nonce once."""

    def __init__(self, keys: Keys) -> None:
        """Begin with the merchant's public key and no nonces."""
        self._keys = keys
        self._nonces: set[str] = set()

    def check(self, method: str, target: str, header: str, body: bytes) -> None:
        """Check a request; `target` is path and query, `header` its Authorization.

        Raises `NotSigned`.
        """
        scheme, _, rest = header.partition(" ")
        fields = dict(_FIELD.findall(rest))
        if scheme != SCHEME or fields.get("mchid") != self._keys.mchid:
            raise NotSigned("another scheme or merchant")
        if fields.get("serial_no") != self._keys.serial_no:
            raise NotSigned("another certificate")
        if abs(time.time() - int(fields.get("timestamp") or 0)) > MOST_SKEW_SECONDS:
            raise NotSigned("too old")
        nonce = fields.get("nonce_str", "")
        if not nonce or nonce in self._nonces:
            raise NotSigned("no nonce, or used before")
        text = f"{method}\n{target}\n{fields['timestamp']}\n{nonce}\n".encode() + body + b"\n"
        try:
            signature = base64.b64decode(fields.get("signature", ""))
            public = self._keys.merchant.public_key()
            public.verify(signature, text, PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError) as error:
            raise NotSigned("wrong signature") from error
        self._nonces.add(nonce)


def signed_headers(keys: Keys, body: str, at_seconds: int) -> dict[str, str]:
    """Return the headers that prove a body to be the provider's."""
    nonce = secrets.token_hex(16)
    text = f"{at_seconds}\n{nonce}\n{body}\n".encode()
    signature = keys.platform.sign(text, PKCS1v15(), SHA256())
    return {
        "Wechatpay-Timestamp": str(at_seconds),
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": base64.b64encode(signature).decode(),
        "Wechatpay-Serial": keys.public_key_id,
        "Wechatpay-Signature-Type": SCHEME,
    }


def notification(
    keys: Keys, notice_id: str, event_type: str, resource: Mapping[str, Any], created_at: str
) -> str:
    """Return the body of a notification, its resource encrypted with the merchant's APIv3 key."""
    nonce, kind = secrets.token_hex(6), event_type.partition(".")[0].lower()
    plain = json.dumps(resource, ensure_ascii=False).encode()
    sealed = AESGCM(keys.apiv3_key.encode()).encrypt(nonce.encode(), plain, kind.encode())
    return json.dumps(
        {
            "id": notice_id,
            "create_time": created_at,
            "event_type": event_type,
            "summary": "支付成功" if kind == "transaction" else "退款通知",
            "resource_type": "encrypt-resource",
            "resource": {
                "original_type": kind,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(sealed).decode(),
                "associated_data": kind,
                "nonce": nonce,
            },
        },
        ensure_ascii=False,
    )
