"""Packaging's figures over HTTP: return rate, loops, days out, the cost of a use."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from linli.boxes import figures as packaging
from linli.boxes.figures import Figures
from linli.kernel import door
from linli.kernel.ids import CommunityId

app = door.api("packaging_figures")
door.settings()
Month = Annotated[str, Query(pattern=r"^\d{4}-\d{2}$", description="A local month")]


@app.get(
    "/v1/packaging-figures",
    summary="What packaging returns and costs",
    description="Counted from the moves of the community's boxes; a moment late.",
    tags=["boxes"],
    responses=door.ok(Figures, 404),
)
def read_figures(
    community_id: Annotated[CommunityId, Query()],
    since: Month = "2000-01",
    until: Month = "9999-12",
) -> Response[Figures]:
    told = packaging.figures(community_id, since=since, until=until, caller=door.caller(app))
    return door.answer(told)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
