"""Finding a route whose manifest is out."""

from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.waves.rows import ROUTE, RouteRow, route_key


def route_row(route_id: str) -> RouteRow:
    """
    The route's row, read consistently.

    Raises:
        NotFound: There is none, or it is not offered yet.
    """
    row = reads.get(RouteRow, route_key(route_id), ROUTE)
    if row is None or row.state == "draft":
        raise NotFound
    return row
