"""A presale in the village: two SKUs bought by the case, delivered four days later."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from linli import presale, slots
from linli.kernel.ids import uuid7
from linli.kernel.settings import Settings
from linli.kernel.time import ZONE
from linli.presale import Arrival, PlacePresale, PresaleOrder, PutCycle
from tests.support import village as v

CYCLE = "peaches-w23"
OPENS = v.NOON
CLOSES = OPENS + timedelta(days=3)
STARTS = datetime(2026, 6, 5, 16, tzinfo=ZONE)
CUTOFF = STARTS - timedelta(hours=6)
SLOT = f"{v.COMMUNITY}.courier.20260605T1600"
ARRIVES = CLOSES + timedelta(hours=6)
SKUS = v.SKUS[:2]
PRICE_FEN = 300
SETTINGS = Settings()


def furnish(*, capacity: int = 20) -> None:
    """The village without stock, and the slot of the delivery."""
    v.furnish({})
    command = slots.PutSlot(
        starts_at=STARTS,
        ends_at=STARTS + timedelta(hours=2),
        cutoff_at=CUTOFF,
        capacity_orders=capacity,
        price_fen=0,
    )
    slots.put_slot(SLOT, command, now=v.NOON)


def cycle_body(**changed: Any) -> dict[str, Any]:
    """The cycle as announced."""
    goods = [
        {"sku": sku, "price_fen": PRICE_FEN, "case_units": 12, "maximum_units": 30} for sku in SKUS
    ]
    return {
        "community_id": v.COMMUNITY,
        "store_id": v.STORES[0],
        "slot_id": SLOT,
        "goods": goods,
        "opens_at": OPENS.isoformat(),
    } | changed


def announce(**changed: Any) -> presale.Cycle:
    """Announce the cycle just before it opens."""
    command = PutCycle.model_validate(cycle_body(**changed))
    before = OPENS - timedelta(hours=1)
    return presale.put_cycle(CYCLE, command, now=before, if_match=None)[0]


def wish(lines: dict[str, int], order_id: UUID | None = None, **more: Any) -> PlacePresale:
    """A presale order as a command."""
    body = {
        "id": str(order_id or uuid7()),
        "cycle_id": CYCLE,
        "deliver_to": v.HOME,
        "lines": [{"sku": sku, "units": units} for sku, units in lines.items()],
    }
    return PlacePresale.model_validate(body | more)


def place(
    lines: dict[str, int], who: str = "r-an", order_id: UUID | None = None, **more: Any
) -> PresaleOrder:
    """A resident's presale order on the first day."""
    command = wish(lines, order_id, **more)
    return presale.place(command, caller=v.resident(who), now=OPENS, settings=SETTINGS)


def arrival(sku: str, units: int, arrival_id: UUID | None = None, **more: Any) -> Arrival:
    """Goods that come in for the cycle."""
    body = {
        "id": str(arrival_id or uuid7()),
        "store_id": v.STORES[0],
        "cycle_id": CYCLE,
        "sku": sku,
        "units": units,
        "lot_id": "P1",
        "expires_on": date(2026, 6, 9),
    }
    return Arrival.model_validate(body | more)


def arrive(sku: str, units: int, **more: Any) -> presale.model.Stack:
    """Book goods of the cycle in."""
    told = arrival(sku, units, **more)
    return presale.arrive(told, caller=v.keeper(v.STORES[0]), now=ARRIVES)
