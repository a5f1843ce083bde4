"""What an audit needs of the orders table; reads it whole."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from linli.kernel import reads
from linli.orders.hold import deposit_id, points_id
from linli.orders.model import Order
from linli.orders.rows import ORDER, OrderRow, OrdersItem, order_of

LIVE = frozenset({"placed", "frozen", "routed"})
"""States in which an order holds what it was promised."""
SERVED = LIVE | {"delivered", "failed"}
"""States in which an order has a place in its slot."""
IN_WAVE = SERVED - {"placed"}
"""States in which an order belongs to a wave."""


@dataclass(frozen=True, slots=True)
class Record:
    """
    An order's row and the deliveries told of it.

    `order` is None for a refusal, and for what cannot be read; `refused` tells which. A delivery
    of an order that does not exist makes a record without a state.
    """

    order_id: str
    state: str
    changed_at: str
    slot_id: str | None
    wave_id: str | None
    refused: bool
    order: Order | None
    outcomes: tuple[str, ...]

    @property
    def version(self) -> tuple[str, str, str]:
        """Differs whenever the row has changed: states never come back."""
        return self.order_id, self.state, self.changed_at

    @property
    def transfer_ids(self) -> list[str]:
        """The transfers that the order must have in the ledger."""
        if self.order is None:
            return []
        points = [points_id(self.order_id)] if self.order.points else []
        return points + ([deposit_id(self.order_id)] if self.order.deposit_fen else [])


def records() -> dict[str, Record]:
    """Every order and refusal by its id."""
    rows: dict[str, OrdersItem] = {}
    outcomes: dict[str, list[str]] = defaultdict(list)
    for item in reads.scan(OrdersItem):
        if item.sk == ORDER:
            rows[item.pk] = item
        else:
            outcomes[str(item.order_id)].append(str(item.outcome))
    return {
        order_id: _record(order_id, rows.get(order_id), outcomes[order_id])
        for order_id in sorted(rows.keys() | outcomes.keys())
    }


def _record(order_id: str, row: OrdersItem | None, outcomes: Sequence[str]) -> Record:
    if row is None:
        row = OrdersItem(order_id, ORDER)
    return Record(
        order_id=order_id,
        state=row.state or "",
        changed_at=row.changed_at or "",
        slot_id=row.slot_id,
        wave_id=row.wave_id,
        refused=bool(row.refusal),
        order=_order(row),
        outcomes=tuple(sorted(outcomes)),
    )


def _order(row: OrdersItem) -> Order | None:
    if row.state == "refused":
        return None
    kept = {name: getattr(row, name) for name in ("state", "wave_id", "route_id", "body")}
    try:
        return order_of(OrderRow(row.pk, row.sk, **kept))
    except (ValueError, TypeError):  # Not JSON, or not an order.
        return None
