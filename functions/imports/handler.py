"""Bulk import and export over HTTP."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from linli import catalogue, imports
from linli.imports import ImportFile, Report
from linli.imports.export import ExportKind
from linli.imports.model import MOST_BYTES
from linli.kernel import door
from linli.kernel.errors import Invalid, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommunityId, StoreId

app = door.api("imports")
door.settings()
LEFT_MILLISECONDS = 6_000
"""With less time left, a run stops and says that it can be gone on with."""
_CSV = {"description": "Done", "content": {"text/csv": {"schema": {"type": "string"}}}}


@app.post(
    "/v1/imports",
    summary="Import products, stores or receipts from CSV",
    description="The whole file is checked first: an error anywhere changes nothing. At most "
    "1,000 rows and 512 KiB. A run that answers `running` goes on when it is sent again.",
    tags=["imports"],
    responses=door.ok(Report, 404, 409, 413, 503),
)
def post_import(file: ImportFile) -> Response[Report]:
    context = app.lambda_context
    report = imports.run(
        file,
        caller=door.caller(app),
        now=door.now(app),
        has_time=lambda: context.get_remaining_time_in_millis() > LEFT_MILLISECONDS,
    )
    return door.answer(report)


@app.get(
    "/v1/exports/<kind>",
    summary="Export products, a community's stores, or a store's stock as CSV",
    tags=["imports"],
    responses={200: _CSV} | door.problems(404),
)
def export(
    kind: Annotated[ExportKind, Path()],
    community_id: Annotated[CommunityId | None, Query()] = None,
    store_id: Annotated[StoreId | None, Query()] = None,
) -> Response[str]:
    place = _place(kind, community_id, store_id, door.caller(app))
    return Response(
        status_code=200,
        content_type="text/csv; charset=utf-8",
        body=imports.export(kind, place),
        headers={"Content-Disposition": f'attachment; filename="{kind}.csv"'},
    )


def _place(kind: str, community_id: str | None, store_id: str | None, who: Caller) -> str:
    """Of what to export, if the caller may see it."""
    if kind == "products":
        return ""
    if kind == "stores" and community_id is not None:
        who.require(community_id, Role.DISPATCHER, Role.CITY)
        return community_id
    if kind == "stock" and store_id is not None:
        if not who.holds(Role.STORE, store_id):
            store = catalogue.store(store_id)
            if store is None:
                raise NotFound
            who.require(store.community_id, Role.DISPATCHER, Role.CITY)
        return store_id
    raise Invalid("stores need community_id, stock needs store_id")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context, 2 * MOST_BYTES)
