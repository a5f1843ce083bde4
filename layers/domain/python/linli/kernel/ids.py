"""Identifiers: client-made UUIDs for commands, GS1 keys for things, digests for resends."""

import hashlib
import secrets
import time
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, StringConstraints


def uuid7() -> UUID:
    """A new UUIDv7 (RFC 9562): 48 bits of milliseconds, then randomness, so that ids sort."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def gs1_check_digit(body: str) -> str:
    """The GS1 modulo-10 check digit of `body` (General Specifications, section 7.9)."""
    total = sum(int(digit) * (3, 1)[i % 2] for i, digit in enumerate(reversed(body)))
    return str(-total % 10)


def _checked(key: str) -> str:
    if gs1_check_digit(key[:-1]) != key[-1]:
        raise ValueError("wrong check digit")
    return key


def _checked_grai(key: str) -> str:
    _checked(key[1:14])
    return key


def _version7(value: UUID) -> UUID:
    if value.version != 7:
        raise ValueError("a client-made id is a UUIDv7")
    return value


CommandId = Annotated[UUID, AfterValidator(_version7)]
"""A client-made id: sending a command again with it has no further effect."""

Sku = Annotated[str, StringConstraints(pattern=r"^\d{13}$"), AfterValidator(_checked)]
"""A product's GTIN-13; prefix 20-29 for goods numbered inside the network."""

StoreId = Annotated[str, StringConstraints(pattern=r"^\d{13}$"), AfterValidator(_checked)]
"""A store's GLN-13."""

BoxId = Annotated[
    str, StringConstraints(pattern=r"^0\d{13}[A-Za-z0-9]{1,16}$"), AfterValidator(_checked_grai)
]
"""A returnable box's GRAI: 0, GTIN-like 13 digits with check digit, and a serial."""

CommunityId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
"""A community."""

SlotId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}\.[a-z]+\.\d{8}T\d{4}$")]
"""A slot, and the wave it becomes: community, channel and local start."""

PersonId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9|._-]{1,64}$")]
"""A person as the token's issuer names them."""

ThingId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""A device."""


def derived(base: UUID, what: str) -> UUID:
    """The UUIDv7 of a part of what `base` names: the same parts, the same ids; `base`'s time."""
    random = int.from_bytes(hashlib.sha256(base.bytes + what.encode()).digest()[:10], "big")
    value = (base.int >> 80 << 80) | random
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def fingerprint(command: BaseModel, **more: Any) -> str:
    """A digest of a command's content, stored with its id to tell a resend from a reuse."""
    text = command.model_dump_json() + repr(sorted(more.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
