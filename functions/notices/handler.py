"""Notices over HTTP: a resident's inbox."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from linli import notices
from linli.kernel import door
from linli.kernel.ids import CommandId
from linli.notices import Notices

app = door.api("notices")
door.settings()
NoticeId = Annotated[CommandId, Path(description="The notice's id")]
Cursor = Annotated[CommandId | None, Query(description="Of the page before")]


@app.get(
    "/v1/me/notices",
    summary="My notices, the newest first",
    description="Reminders of boxes, refunds, changes of tier, decided cases. Kept half a year.",
    tags=["notices"],
    responses=door.ok(Notices),
)
def my_notices(cursor: Cursor = None) -> Response[Notices]:
    return door.answer(notices.notices(door.caller(app).subject, cursor=cursor))


@app.post(
    "/v1/me/notices/<notice_id>/read",
    summary="Note that I have read a notice",
    tags=["notices"],
    responses=door.ok(Notices, 404),
)
def read_notice(notice_id: NoticeId) -> Response[Notices]:
    who = door.caller(app).subject
    notices.mark_read(notice_id, resident_id=who, now=door.now(app))
    return door.answer(notices.notices(who))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
