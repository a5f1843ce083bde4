"""Reading what was counted."""

from datetime import date

from linli.heat.rows import HeatRow, SalesRow, heat_key, sales_key
from linli.heat.rules import Share
from linli.kernel import reads


def heat_of(community_id: str) -> dict[tuple[str, int], int]:
    """Orders by (cell, hour of week), as counted: not for publishing, see `rules.published`."""
    rows = reads.query(HeatRow, heat_key(community_id))
    spots = {tuple(row.sk.split("#")): int(row.orders) for row in rows}
    return {(cell, int(hour)): orders for (cell, hour), orders in spots.items()}


def share_of(community_id: str, first: date, last: date) -> Share:
    """Presales beside all sales on the local days from `first` to `last`."""
    days = SalesRow.sk.between(first.isoformat(), last.isoformat())
    rows = reads.query(SalesRow, sales_key(community_id), days)
    return Share(
        units=sum(int(row.units) for row in rows),
        presale_units=sum(int(row.presale_units) for row in rows),
        fen=sum(int(row.fen) for row in rows),
        presale_fen=sum(int(row.presale_fen) for row in rows),
    )
