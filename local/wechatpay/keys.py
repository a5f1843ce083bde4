"""The keys of the simulated contract: made at the first start, kept outside of git (mode 0600)."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

APPID, MCHID = "wxlinlisandbox0001", "1900000001"


@dataclass(frozen=True)
class Keys:
    """Both sides' keys; a real merchant has only their own and the provider's public one."""

    mchid: str
    appid: str
    serial_no: str
    apiv3_key: str
    public_key_id: str
    merchant: rsa.RSAPrivateKey
    platform: rsa.RSAPrivateKey

    def credentials(self) -> dict[str, str]:
        """Return what the merchant knows, in the form of our secret (`WechatCredentials`)."""
        return {
            "mchid": self.mchid,
            "appid": self.appid,
            "serial_no": self.serial_no,
            "private_key": _pem(self.merchant),
            "apiv3_key": self.apiv3_key,
            "public_key": _public_pem(self.platform),
            "public_key_id": self.public_key_id,
        }


def make() -> Keys:
    """Return new keys."""
    return Keys(
        mchid=MCHID,
        appid=APPID,
        serial_no=secrets.token_hex(20).upper(),
        apiv3_key=secrets.token_hex(16),
        public_key_id=f"PUB_KEY_ID_{secrets.randbelow(10**24):024d}",
        merchant=rsa.generate_private_key(public_exponent=65537, key_size=2048),
        platform=rsa.generate_private_key(public_exponent=65537, key_size=2048),
    )


def load_or_make(file: Path) -> Keys:
    """Return the keys that a file holds, making it at the first call."""
    if not file.exists():
        keys = make()
        content = keys.credentials() | {"platform_key": _pem(keys.platform)}
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(content))
        draft.replace(file)
    kept = json.loads(file.read_text())
    return Keys(
        mchid=kept["mchid"],
        appid=kept["appid"],
        serial_no=kept["serial_no"],
        apiv3_key=kept["apiv3_key"],
        public_key_id=kept["public_key_id"],
        merchant=_load(kept["private_key"]),
        platform=_load(kept["platform_key"]),
    )


def _load(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
