"""The small OIDC issuer of the local stack: its keys, its documents, and the tokens it signs.

On AWS the issuer is whichever OIDC provider the owner names by the parameters Issuer and
Audience; this one only stands in for it, so that no route is open for lack of a provider.
"""

import functools
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

AUDIENCE = "linli"
SCOPE = "linli"


@dataclass(frozen=True)
class Issuer:
    """An issuer's address and its private signing key in PEM."""

    url: str
    key_pem: bytes

    @property
    def key_id(self) -> str:
        """The name of the key, made from its public half (RFC 7638 in spirit: key → name)."""
        number = self._public().public_numbers().n
        return f"local-{number % 16**12:012x}"

    def configuration(self) -> dict[str, Any]:
        """Return the discovery document (OpenID Connect Discovery 1.0 §3)."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks.json",
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
        }

    def jwks(self) -> dict[str, Any]:
        """Return the public key as a JWK set (RFC 7517)."""
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self._public(), as_dict=True)
        return {"keys": [{**jwk, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign any claims with RS256, the one algorithm API Gateway's JWT authorizer takes."""
        key = _private_key(self.key_pem)
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": self.key_id})

    def _public(self) -> rsa.RSAPublicKey:
        return _private_key(self.key_pem).public_key()


@functools.lru_cache(maxsize=16)
def _private_key(pem: bytes) -> rsa.RSAPrivateKey:
    """The key, read once: its check takes longer than a signature."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the issuer's key is not an RSA key")
    return key


def issuer_at(url: str, key_file: Path) -> Issuer:
    """Return the issuer of a stack, making its key at the first call (file mode 0600)."""
    if not key_file.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        key_file.parent.mkdir(parents=True, exist_ok=True)
        draft = key_file.with_name(f"{key_file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(pem)
        draft.replace(key_file)
    return Issuer(url, key_file.read_bytes())


def access_claims(
    issuer: Issuer, roles: Sequence[tuple[str, str]], subject: str, seconds: int = 43200
) -> dict[str, Any]:
    """Return the claims of an access token for roles at places, e.g. ("resident", "wulin").

    `linli_roles` is one string, since API Gateway hands every claim on as a string.
    """
    issued_at = int(time.time())
    return {
        "iss": issuer.url,
        "aud": AUDIENCE,
        "sub": subject,
        "jti": str(uuid.uuid4()),
        "iat": issued_at,
        "nbf": issued_at,
        "exp": issued_at + seconds,
        "scope": SCOPE,
        "token_use": "access",
        "linli_roles": " ".join(f"{role}@{place}" for role, place in roles),
    }


def mint(roles: Sequence[tuple[str, str]], subject: str, issuer: Issuer) -> str:
    """Return an access token that `issuer` has signed."""
    return issuer.sign(access_claims(issuer, roles, subject))
