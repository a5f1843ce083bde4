"""What the orders table's stream tells of an order, for those who count: no person, no address."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from linli.kernel.time import parse_instant
from linli.orders.model import Order
from linli.orders.rows import ORDER, PRESOLD


@dataclass(frozen=True, slots=True)
class Told:
    """An order was placed, or its goods were handed over, at that moment."""

    what: Literal["placed", "sold"]
    order_id: str
    community_id: str
    lon: float
    lat: float
    at: datetime
    units: int
    goods_fen: int
    presale: bool


def told_by(record: Mapping[str, Any]) -> Told | None:
    """What a stream record (new and old images) tells; None: nothing that is counted."""
    change = record["dynamodb"]
    new, old = change.get("NewImage"), change.get("OldImage", {})
    if change["Keys"]["sk"]["S"] != ORDER or not new:
        return None
    before, after = old.get("state", {}).get("S"), new.get("state", {}).get("S")
    what: Literal["placed", "sold"]
    if before in (None, PRESOLD) and after == "placed":
        what = "placed"
    elif after in ("delivered", "collected") and before != after:
        what = "sold"
    else:
        return None
    order = Order.model_validate(json.loads(new["body"]["S"]) | {"state": after})
    at = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
    return Told(
        what=what,
        order_id=order.order_id,
        community_id=order.community_id,
        lon=order.deliver_to.lon,
        lat=order.deliver_to.lat,
        at=parse_instant(order.placed_at) if what == "placed" else at,
        units=sum(line.units for line in order.lines),
        goods_fen=order.goods_fen,
        presale=order.cycle_id is not None,
    )
