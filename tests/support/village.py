"""A small neighbourhood for tests: three stores within reach, one beyond, four products, a slot."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from linli import boxes, catalogue, credit, slots, stock
from linli.catalogue import PutProduct, PutStore
from linli.kernel.geography import point
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.settings import Settings
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.orders import PlaceOrder
from linli.stock import Receipt
from tests.support.engine import Engine

COMMUNITY = "wulin"
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
"""The present of most tests: noon in the community's zone."""
CUTOFF = NOON + timedelta(hours=3)
LATER = NOON + timedelta(hours=4)
LATE = NOON + timedelta(minutes=20)
"""Too late to pay, and before the cut-off."""
SLOT = f"{COMMUNITY}.courier.20260601T1600"
SETTINGS = Settings()

FUTURE_AT = datetime(2099, 6, 1, 8, tzinfo=UTC)
FUTURE_SLOT = f"{COMMUNITY}.courier.20990601T1600"
"""A slot that is open by the clock on the wall, for the doors, which go by that."""


def _checked(body: str) -> str:
    return body + gs1_check_digit(body)


STORES = tuple(_checked(f"69012345000{n}") for n in range(3))
FAR_STORE = _checked("690123450091")
SKUS = tuple(_checked(f"2000000000{n}0") for n in range(4))
PRICES_FEN = dict(zip(SKUS, (350, 1280, 99, 2500), strict=True))
UNSOLD_SKU = _checked("200000000099")
HOME_LON, HOME_LAT = 120.16, 30.27
HOME = {"lon": HOME_LON, "lat": HOME_LAT, "building": "3", "floor": 6, "has_lift": True}
RESIDENTS = ("r-an", "r-bo", "r-chen", "r-ding")


def box(n: int) -> str:
    """The GRAI of box `n`."""
    return "0" + _checked("690123450000") + f"B{n:04d}"


def resident(subject: str) -> Caller:
    """A resident of the community."""
    return Caller(subject, frozenset({(Role.RESIDENT, COMMUNITY)}))


def keeper(store_id: str) -> Caller:
    """Who keeps a store."""
    return Caller(f"k-{store_id[-3:]}", frozenset({(Role.STORE, store_id)}))


DISPATCHER = Caller("d-1", frozenset({(Role.DISPATCHER, COMMUNITY)}))


def furnish_quickly(db: Engine, kind: str, furnish: Callable[[], None]) -> None:
    """Furnish an empty engine as the first call with this `kind` did, but without the calls."""
    if kind in _furnished:
        db.restore(_furnished[kind])
    else:
        furnish()
        _furnished[kind] = db.everything()
    catalogue.forget()
    warm()


_furnished: dict[str, dict[Table, dict[tuple[str, str], dict[str, Any]]]] = {}


def furnish(stocked: dict[tuple[str, str], int], *, capacity: int = 100, fen: int = 0) -> None:
    """Register the catalogue, offer the slot, and receive `stocked` units by (store, SKU)."""
    catalogue.forget()
    for n, store_id in enumerate((*STORES, FAR_STORE)):
        place = {"lon": 120.161 + 0.004 * n, "lat": 30.271} if n < 3 else {"lon": 121.0, "lat": 31}
        command = PutStore.model_validate(
            {"community_id": COMMUNITY, "owner_id": f"o-{n}", "name_zh": "店", "name_en": "Shop"}
            | place
        )
        catalogue.put_store(store_id, command, None)
    for sku, price_fen in PRICES_FEN.items():
        product = PutProduct(name_zh="货", name_en="Good", price_fen=price_fen, grams=500)
        catalogue.put_product(sku, product, None)
    offer(SLOT, capacity=capacity, fen=fen)
    for (store_id, sku), units in stocked.items():
        stock.receive(receipt(uuid7(), store_id, sku, units), by="k", now=NOON)
    warm()


def warm() -> None:
    """Let this process remember what it remembers between orders."""
    home = point(HOME_LON, HOME_LAT)
    stock.pool_for(home, SKUS, catalogue.community(COMMUNITY))


def offer(
    slot_id: str,
    *,
    capacity: int,
    fen: int = 0,
    starts_at: datetime = LATER,
    now: datetime = NOON,
) -> None:
    """Offer a slot whose cut-off is an hour before it starts."""
    command = slots.PutSlot(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        cutoff_at=starts_at - timedelta(hours=1),
        capacity_orders=capacity,
        price_fen=fen,
    )
    slots.put_slot(slot_id, command, now=now)


def receipt(move_id: UUID, store_id: str, sku: str, units: int) -> Receipt:
    """Goods that come in."""
    return Receipt(
        id=move_id,
        store_id=store_id,
        sku=sku,
        units=units,
        lot_id="L1",
        expires_on=date(2099, 12, 31),
    )


def order(order_id: UUID | None = None, lines: dict[str, int] | None = None, **more: Any) -> Any:
    """The body of an order."""
    wanted = {SKUS[0]: 1} if lines is None else lines
    return {
        "id": str(order_id or uuid7()),
        "community_id": COMMUNITY,
        "deliver_to": HOME,
        "lines": [{"sku": sku, "units": units} for sku, units in wanted.items()],
        "slot_id": SLOT,
    } | more


def wish(order_id: UUID | None = None, lines: dict[str, int] | None = None, **more: Any) -> Any:
    """An order as a command."""
    return PlaceOrder.model_validate(order(order_id, lines, **more))


def give_points(subject: str, points: int) -> None:
    """Grant points, as for a deed."""
    with transaction() as tx:
        credit.grant(
            tx,
            transfer_id=str(uuid7()),
            resident_id=subject,
            points=credit.Points(points),
            deed="helped_elder",
            now=NOON,
        )


def put_boxes(numbers: Iterable[int], store_id: str = STORES[0]) -> None:
    """Take boxes into use at a store."""
    for n in numbers:
        command = boxes.RegisterBox(store_id=store_id)
        boxes.register(box(n), command, caller=keeper(store_id), now=NOON)
