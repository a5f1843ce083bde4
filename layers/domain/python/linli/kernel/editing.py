"""Editing what others may edit too: strong ETags and If-Match (RFC 9110, RFC 6585)."""

import hashlib

from pydantic import BaseModel

from linli.kernel.errors import Refused


class Unconditional(Refused):
    """An existing object was to be changed without saying which version was seen."""

    code = "precondition_required"
    status = 428
    title_en = "Send If-Match with the ETag that you saw"
    title_zh = "请在 If-Match 中提供您看到的版本"


class Stale(Refused):
    """Somebody changed the object after the caller had read it."""

    code = "stale"
    status = 412
    title_en = "It was changed in the meantime"
    title_zh = "内容已被他人修改"


ANY = "*"
"""Matches whatever version there is (RFC 9110, 13.1.1)."""


def etag(content: BaseModel) -> str:
    """The strong validator of `content`, quoted as in the header."""
    return f'"{hashlib.sha256(content.model_dump_json().encode()).hexdigest()[:24]}"'


def check(current: str | None, new: str, if_match: str | None) -> bool:
    """
    Whether `new` is to be written over `current` (validators; None: there is nothing yet).

    False: it is there already, word for word.

    Raises:
        Unconditional: It exists, differs, and the caller did not say what they saw.
        Stale: What the caller saw is not what is there.
    """
    if current == new:
        return False
    if current is None and if_match is None:
        return True
    if if_match is None:
        raise Unconditional
    if if_match == ANY and current is not None:
        return True
    if if_match != current:
        raise Stale
    return True
