"""The audits over HTTP, for auditors."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import AwareDatetime, BaseModel

from linli import audit
from linli.audit import Verdict
from linli.kernel import door

app = door.api("audits")
door.settings()


class Audits(BaseModel):
    """Whether each guarantee holds, by the data alone."""

    at: AwareDatetime
    holds: bool
    verdicts: list[Verdict]


@app.get(
    "/v1/audits",
    summary="Check every guarantee on the live data",
    description="Reads the tables whole. What looks wrong is looked at again before it counts.",
    tags=["audits"],
    responses=door.ok(Audits),
)
def audits() -> Response[Audits]:
    verdicts = audit.run(door.settings().points_a_day)
    holds = all(each.verdict in ("holds", "no_subject") for each in verdicts)
    return door.answer(Audits(at=door.now(app), holds=holds, verdicts=verdicts))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
