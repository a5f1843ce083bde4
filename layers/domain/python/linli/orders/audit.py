"""What an audit needs of the orders table; reads it whole."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from linli.kernel import reads
from linli.orders.hold import commission_id, deposit_id, points_id
from linli.orders.model import Order
from linli.orders.rows import (
    DELIVERY,
    ORDER,
    PRESOLD,
    TURN,
    OrderRow,
    OrdersItem,
    order_of,
)
from linli.orders.rules import sources_of
from linli.orders.states import HOLDING, SERVED
from linli.orders.wave import WAVELESS
from linli.stock import Source

LIVE = HOLDING
"""States in which an order holds what it was promised."""
HAS_PLACE = LIVE | {"delivered", "collected", "failed", "closed"}
"""States in which an order has a place in its slot."""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn as recorded."""

    version: int
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Record:
    """
    An order's row, its turns, and the deliveries told of it.

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
    turns: tuple[TurnRecord, ...] = ()

    @property
    def version(self) -> tuple[str, str, str, int]:
        """Differs whenever the row has changed: versions never come back."""
        number = self.order.version if self.order else 0
        return self.order_id, self.state, self.changed_at, number

    @property
    def outcome(self) -> str | None:
        """How the order ended, if it was on its way."""
        return self.order.progress.outcome if self.order else None

    @property
    def served(self) -> bool:
        """Whether its goods have become the resident's."""
        return self.outcome in SERVED

    @property
    def in_wave(self) -> bool:
        """Whether it belongs to a wave, by its state and channel."""
        if self.order is None or self.order.channel in WAVELESS:
            return False
        return self.state in HAS_PLACE and self.state != "placed"

    @property
    def sources(self) -> list[Source]:
        """What it holds, or held at its end."""
        return sources_of(self.order) if self.order else []

    @property
    def transfer_ids(self) -> list[str]:
        """The transfers that the order must have in the ledger."""
        return self._transfers(self.order.progress.holds) if self.order else []

    @property
    def former_transfer_ids(self) -> list[str]:
        """Those of its former promises, before it was promised anew."""
        holds = self.order.progress.holds if self.order else 0
        return [each for n in range(holds) for each in self._transfers(n)]

    def _transfers(self, holds: int) -> list[str]:
        assert self.order is not None
        points = [points_id(self.order_id, holds)] if self.order.points else []
        if self.order.attribution and self.order.attribution.promised_fen:
            points.append(commission_id(self.order, holds))
        return points + ([deposit_id(self.order_id, holds)] if self.order.deposit_fen else [])


def records() -> dict[str, Record]:
    """Every order and refusal by its id; no id that a presale has only reserved."""
    rows: dict[str, OrdersItem] = {}
    outcomes: dict[str, list[str]] = defaultdict(list)
    turns: dict[str, list[TurnRecord]] = defaultdict(list)
    for item in reads.scan(OrdersItem):
        if item.sk == ORDER and item.state != PRESOLD:
            rows[item.pk] = item
        elif item.sk == DELIVERY:
            outcomes[str(item.order_id)].append(str(item.outcome))
        elif item.sk.startswith(TURN):
            turns[item.pk].append(_turn(item))
    return {
        order_id: _record(order_id, rows.get(order_id), outcomes[order_id], turns[order_id])
        for order_id in sorted(rows.keys() | outcomes.keys() | turns.keys())
    }


def _turn(item: OrdersItem) -> TurnRecord:
    version = int(item.sk.removeprefix(TURN))
    return TurnRecord(version, str(item.turn), str(item.before), str(item.after))


def _record(
    order_id: str,
    row: OrdersItem | None,
    outcomes: Sequence[str],
    turns: Sequence[TurnRecord],
) -> Record:
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
        turns=tuple(sorted(turns, key=lambda turn: turn.version)),
    )


def _order(row: OrdersItem) -> Order | None:
    if row.state == "refused":
        return None
    names = ("state", "wave_id", "route_id", "body", "version", "payment", "progress")
    kept = {name: getattr(row, name) for name in names}
    try:
        return order_of(OrderRow(row.pk, row.sk, **kept))
    except (ValueError, TypeError):  # Not JSON, or not an order.
        return None
