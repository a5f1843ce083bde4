"""A resident's inbox: a page of it, in both languages, and what of it was read."""

import json
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.money import yuan
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.notices.kinds import KINDS
from linli.notices.rows import NOTICE, NoticeRow, inbox

PAGE = 20


class Notice(BaseModel):
    """Something that a resident is told; `about` names it by ids."""

    id: UUID
    kind: str
    at: str
    title_en: str
    title_zh: str
    text_en: str
    text_zh: str
    about: dict[str, str]
    read_at: str | None = None


class Notices(BaseModel):
    """A page of an inbox, the newest first."""

    notices: list[Notice]
    cursor: UUID | None = Field(description="For the next page; none: that was all")


def notices(resident_id: str, *, cursor: UUID | None = None) -> Notices:
    """
    The newest notices of a resident, or those before `cursor`, which needs no signature: it only
    reaches the caller's own.
    """
    newest = NoticeRow.sk <= f"{NOTICE}{cursor or '~'}"
    rows = reads.query(NoticeRow, inbox(resident_id), newest, most=PAGE + 1, newest_first=True)
    after = UUID(rows[PAGE].sk.removeprefix(NOTICE)) if len(rows) > PAGE else None
    return Notices(notices=[_view(row) for row in rows[:PAGE]], cursor=after)


def mark_read(notice_id: UUID, *, resident_id: str, now: datetime) -> None:
    """
    Note that a notice was read; again changes nothing.

    Raises:
        NotFound: There is none of the caller's.
    """
    key = NoticeRow(inbox(resident_id), f"{NOTICE}{notice_id}")
    first = NoticeRow.read_at.set(NoticeRow.read_at | rfc3339(now))
    with transaction() as tx:
        tx.update(key, [first], condition=NoticeRow.pk.exists(), refusal=NotFound())


def _view(row: NoticeRow) -> Notice:
    figures: dict[str, str] = json.loads(row.figures)
    words = figures.copy()
    for name in ("fen", "deposit_fen"):
        if name in figures:
            words["yuan"] = yuan(int(figures[name]))
    kind = KINDS[row.kind]
    return Notice(
        id=UUID(row.sk.removeprefix(NOTICE)),
        kind=row.kind,
        at=row.at,
        title_en=kind.title_en,
        title_zh=kind.title_zh,
        text_en=kind.text_en.format(**words),
        text_zh=kind.text_zh.format(**words),
        about={name: value for name, value in figures.items() if not name.startswith("why_")},
        read_at=row.read_at,
    )
