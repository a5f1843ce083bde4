"""
A small community in an engine: stores, products, stock, a slot, couriers and residents' orders,
and a machine that runs waves in this process.

    world = Community(); world.open()
    order_id = world.order(1, floor=3)
    world.machine().start(...)
"""

import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from linli import catalogue, dispatch, fleet, orders, slots, stock, waves
from linli.catalogue import PutProduct, PutStore
from linli.fleet import PutCourier
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.settings import Settings
from linli.kernel.time import ZONE
from linli.orders import Order, PlaceOrder
from linli.routing.codec import plan_to_json, problem_from_json
from linli.routing.solve import solve
from linli.slots import PutSlot
from linli.stock import Receipt
from linli.waves.allocate import Allocator
from linli.waves.conditions import Conditions
from linli.waves.model import ClusterStep, Release, Step
from linli.waves.rows import BodyRow, wave_key
from tests.support import dispatching

COMMUNITY = "wulin"
CUTOFF_AT = datetime(2024, 6, 28, 1, 0, tzinfo=UTC)
SLOT_ID = f"{COMMUNITY}.courier.20240628T1000"
BEFORE, AFTER = CUTOFF_AT - timedelta(hours=3), CUTOFF_AT + timedelta(seconds=20)
SETTINGS = Settings.model_validate({})
STORES = [f"690123450{n:03d}" for n in (1, 2, 3)]
STORES = [body + gs1_check_digit(body) for body in STORES]
SKUS = [body + gs1_check_digit(body) for body in ("200000000001", "200000000002")]
LON, LAT = 120.16, 30.27


def person(subject: str, *roles: Role, community: str = COMMUNITY) -> Caller:
    """A caller with roles in the community."""
    return Caller(subject, frozenset((role, community) for role in roles))


COURIERS = [person(f"courier-{n}", Role.COURIER) for n in range(1, 4)]
DISPATCHER = person("dispatcher-1", Role.DISPATCHER)


def open_community(
    *, units: int = 50, capacity: int = 60, couriers: int = 2, vehicle: str = "ebike"
) -> None:
    """Three stores 400 m apart with stock, two products, a slot and some couriers."""
    catalogue.forget()
    for n, store_id in enumerate(STORES):
        place = {"lon": LON + 0.004 * n, "lat": LAT}
        names = {"name_zh": "店", "name_en": "Shop", "owner_id": f"owner-{n}"}
        command = PutStore.model_validate({"community_id": COMMUNITY, **names, **place})
        catalogue.put_store(store_id, command, None)
    for n, sku in enumerate(SKUS):
        product = {"name_zh": "菜", "name_en": "Greens", "price_fen": 500, "grams": 400 + 600 * n}
        catalogue.put_product(sku, PutProduct.model_validate(product), None)
    for store_id in STORES:
        for sku in SKUS:
            receive(store_id, sku, units)
    put_slot(SLOT_ID, capacity)
    for n in range(couriers):
        register(COURIERS[n], n, vehicle)


def receive(store_id: str, sku: str, units: int) -> None:
    """Goods come in."""
    receipt = Receipt(
        id=uuid7(),
        store_id=store_id,
        sku=sku,
        units=units,
        lot_id="L1",
        expires_on=date(2024, 7, 1),
    )
    stock.receive(receipt, by="clerk", now=BEFORE)


def put_slot(slot_id: str, capacity: int, cutoff_at: datetime = CUTOFF_AT) -> None:
    """A slot of two hours that starts when its id says, an hour after the usual cut-off."""
    starts_at = datetime.strptime(slot_id.split(".")[2], "%Y%m%dT%H%M").replace(tzinfo=ZONE)
    command = PutSlot(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        cutoff_at=cutoff_at,
        capacity_orders=capacity,
        price_fen=300,
    )
    slots.put_slot(slot_id, command, now=BEFORE)


def register(courier: Caller, n: int, vehicle: str = "ebike", **more: Any) -> None:
    """A courier who rides from eight to eight unless told otherwise, starting near the stores."""
    opens, closes = more.pop("shift", ("08:00", "20:00"))
    command = PutCourier.model_validate(
        {
            "community_id": COMMUNITY,
            "trade": "rider",
            "vehicle": vehicle,
            "start": {"lon": LON, "lat": LAT + 0.002 * n},
            "shift": {"opens": opens, "closes": closes},
        }
        | more
    )
    fleet.put_courier(courier.subject, command)
    dispatching.verify_documents(courier.subject, COMMUNITY, command.vehicle)


def place(
    n: int,
    *,
    units: int = 1,
    boxes: int = 0,
    now: datetime = BEFORE,
    slot_id: str = SLOT_ID,
    **more: object,
) -> Order:
    """The order of resident `n`, at a door that depends on `n` alone."""
    rng = random.Random(n)
    command = PlaceOrder.model_validate(
        {
            "id": uuid7(),
            "community_id": COMMUNITY,
            "deliver_to": {
                "lon": LON + rng.uniform(-0.008, 0.012),
                "lat": LAT + rng.uniform(-0.008, 0.008),
                "building": f"{n}",
                "unit": "1",
                "floor": rng.randint(1, 6),
                "contact_phone": f"+861380000{n:04d}",
            },
            "lines": [{"sku": SKUS[n % 2], "units": units}],
            "slot_id": slot_id,
            "boxes": boxes,
        }
        | more
    )
    return orders.place(
        command, caller=person(f"resident-{n}", Role.RESIDENT), now=now, settings=SETTINGS
    )


class InProcess:
    """
    Runs the tasks of `route_wave` in this process, in the machine's order, without its retries.

    `before` sees the name of each task first and may raise: the task's failure. Like the real
    machine it knows each run by its name and releases the wave when a task fails.
    """

    def __init__(self, before: Callable[[str], None] = lambda task: None) -> None:
        self.runs: dict[str, bool] = {}
        self.before = before
        self.allocator: Allocator | None = None
        self.now = AFTER

    def start(self, name: str, payload: dict[str, Any]) -> None:
        """Run at once, unless there was such a run."""
        if name in self.runs:
            return
        self.runs[name] = False
        try:
            self._run(payload)
        except Exception as error:
            release = Release(**payload, error=type(error).__name__, cause=str(error))
            waves.release(release, self.now)
        self.runs[name] = True

    def ended(self, name: str) -> bool:
        """Whether the run is over."""
        return self.runs.get(name, False)

    def _run(self, payload: dict[str, Any]) -> None:
        step = Step.model_validate(payload)
        self.before("freeze")
        waves.freeze(step, self.now)
        self.before("allocate")
        waves.allocate(step, self.now, SETTINGS, self.allocator)
        self.before("cluster")
        for cluster in waves.cluster(step, self.now, self._conditions(step))["clusters"]:
            plan = self._solve(cluster)
            self.before("check")
            waves.keep_plan(ClusterStep.model_validate({**cluster, "plan": plan}))
        waves.bring_leftovers(step, self.now, self._conditions(step))
        self.before("publish")
        waves.publish(step, self.now)

    def _conditions(self, step: Step) -> Conditions:
        return dispatch.conditions(step.wave_id, self.now)

    def _solve(self, cluster: dict[str, Any]) -> dict[str, Any] | None:
        try:
            self.before("solve")
        except ValueError:  # The machine goes on without the solver.
            return None
        row = BodyRow.get(wave_key(cluster["wave_id"]), cluster["problem_key"])
        problem = problem_from_json(json.loads(row.body)["problem"])
        plan: dict[str, Any] = json.loads(json.dumps(plan_to_json(solve(problem, None, 1))))
        return plan
