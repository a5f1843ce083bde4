"""Two stores, their boxes and what happens to them, for the tests of boxes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from linli import boxes, catalogue, credit
from linli.catalogue import PutStore
from linli.credit import Fen
from linli.kernel.ids import uuid7
from linli.kernel.transact import transaction
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send

HOME, OTHER = "6901234500011", "6901234500028"
BOX, SECOND = "06901234000016A17", "06901234000016A18"
NOW = datetime(2024, 6, 28, 2, tzinfo=UTC)


STORE = PutStore(
    community_id="wulin", owner_id="owner-1", name_zh="店", name_en="Shop", lon=120.16, lat=30.27
)


@contextmanager
def shops() -> Iterator[Engine]:
    """Two stores on an empty engine; the audits find nothing when it ends well."""
    with engine() as opened:
        for store_id in (HOME, OTHER):
            catalogue.put_store(store_id, STORE, None)
        yield opened
        ledger = credit.audit()
        assert ledger.breaches == []
        assert boxes.breaches(ledger.deposits_fen, ledger.forfeits_fen) == []


def register(**change: Any) -> Answer:
    return send("boxes", golden("box_registered", **change))


def deliver(order: str = "o1", resident: str = "resident-1", *box_ids: str) -> None:
    """What delivering an order does to deposits and boxes."""
    box_ids = box_ids or (BOX,)
    transfer = f"{order}/deposit"
    with transaction() as tx:
        credit.hold_deposit(
            tx, transfer_id=transfer, resident_id=resident, fen=Fen(1000 * len(box_ids)), now=NOW
        )
    with transaction() as tx:
        credit.post_part(
            tx, transfer_id=transfer, resident_id=resident, fen=Fen(1000 * len(box_ids)), now=NOW
        )
        for box_id in box_ids:
            boxes.hand_over(
                tx,
                box_id=box_id,
                order_id=order,
                resident_id=resident,
                deposit_transfer_id=transfer,
                deposit_fen=Fen(1000),
                now=NOW,
            )


def announce(**change: Any) -> Answer:
    """Resident-1 says that they return the box."""
    return send("boxes", golden("box_returned", **change))


def give_back(**change: Any) -> Answer:
    """The keeper has the box in hand, brought by resident-1 if nobody else is named."""
    return send("boxes", brought(**change))


def brought(**change: Any) -> dict[str, Any]:
    change["body"] = {"returned_by": "resident-1"} | change.get("body", {})
    return golden("box_returned_at_counter", **change)


def wash(box_id: str = BOX, result: str = "clean", **change: Any) -> Answer:
    """The keeper washes and inspects a box."""
    body = {"id": str(uuid7()), "box_id": box_id, "result": result} | change.pop("body", {})
    return send("boxes", golden("box_inspected", body=body, **change))


def look(**change: Any) -> Answer:
    return send("boxes", golden("box_read", **change))


def holdings(resident: str) -> tuple[int, int]:
    """Points and deposit in fen."""
    seen = credit.statement(resident, now=NOW)
    return seen.balance_points, seen.deposit_fen
