"""A refusal that is kept under the id of what was refused: a resend is told the same, for ever."""

import json
from typing import Any

from linli.kernel.errors import Refused


class RecordedRefusal(Refused):
    """A refusal told again, word for word."""

    def __init__(self, kept: dict[str, Any]) -> None:
        super().__init__(kept["detail"], **kept["fields"])
        # The class attributes are those of the refusal that was recorded.
        self.__dict__.update({key: kept[key] for key in ("code", "status", "title_en", "title_zh")})


def refusal_text(refusal: Refused) -> str:
    """A refusal as recorded."""
    return json.dumps(
        {
            "code": refusal.code,
            "status": refusal.status,
            "title_en": refusal.title_en,
            "title_zh": refusal.title_zh,
            "detail": refusal.detail,
            "fields": refusal.fields,
        },
        ensure_ascii=False,
    )


def recorded(text: str | None) -> RecordedRefusal:
    """The refusal that `refusal_text` made `text` of."""
    return RecordedRefusal(json.loads(text or "{}"))
