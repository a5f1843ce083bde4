"""RFC 9457 problems: the one shape of every refusal."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.errors import Refused

PROBLEM_JSON = "application/problem+json"


class Problem(BaseModel):
    """What a refused request answers (RFC 9457), with a stable `code`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:linli:problem:out_of_stock"])
    title: str = Field(description="In Chinese or English, by Accept-Language")
    status: int
    code: str = Field(description="Stable; programs branch on this", examples=["out_of_stock"])
    detail: str = ""
    errors: list[dict[str, Any]] | None = Field(
        default=None, description="For `invalid`: where in the request, and why"
    )


def problem(refusal: Refused, language: str) -> dict[str, Any]:
    """The problem that tells of `refusal`, titled in `language` (`zh` or `en`)."""
    title = refusal.title_zh if language == "zh" else refusal.title_en
    return {
        "type": f"urn:linli:problem:{refusal.code}",
        "title": title,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.detail,
        **refusal.fields,
    }


def language(accept: str | None) -> str:
    """`zh` or `en`, whichever `Accept-Language` weighs more; English when it names neither."""
    best, weight = "en", 0.0
    for part in (accept or "").split(","):
        match = re.match(r"\s*(zh|en)\b[^;]*(?:;\s*q=([01](?:\.\d{0,3})?))?", part, re.I)
        if match and float(match[2] or 1) > weight:
            best, weight = match[1].lower(), float(match[2] or 1)
    return best


def field_errors(errors: Sequence[Any]) -> list[dict[str, Any]]:
    """Where and why a body, path or query did not validate; never the value itself."""
    return [
        {"at": ".".join(str(step) for step in error["loc"]), "kind": error["type"]}
        | ({"message": error["msg"]} if "msg" in error else {})
        for error in errors
    ][:20]


def responses(statuses: Iterable[int]) -> dict[int, Any]:
    """OpenAPI answers for refusals with these statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {PROBLEM_JSON: {"schema": schema}}
    return {
        status: {"description": "Refused; see `code`", "content": content}
        for status in sorted({*statuses, 422})
    }
