"""A route that is being ridden: of a wave that is out, with everything aboard."""

from functools import partial

from linli import orders, waves
from linli.kernel.ids import uuid7
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support import dispatching
from tests.support.community import AFTER, COURIERS, DISPATCHER, SLOT_ID, InProcess
from tests.support.engine import Engine
from tests.support.picking import send_off

ANNA, BELA, _ = COURIERS
ROUTE = f"{SLOT_ID}.1"


def furnish_ridden_route(db: Engine, doors: int = 4) -> None:
    """Anna holds the one route of the wave and its stores have given her everything; Bela rests."""
    dispatching.furnish_once(db, f"ridden-{doors}", partial(_furnish, doors))


def _furnish(doors: int) -> None:
    here.open_community(couriers=1)  # Who would ride alone makes one route of it.
    placed = [here.place(n) for n in range(doors)]
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    here.register(BELA, 1)
    dispatching.take(ROUTE, ANNA.subject, AFTER)
    for order in placed:
        send_off(orders.read(order.order_id), AFTER)
