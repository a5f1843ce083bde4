"""Routes that no courier took are ridden by reserve vehicles that have a driver, each once."""

from datetime import datetime
from typing import Any

from linli import resilience, waves
from linli.dispatch.duty import hold
from linli.dispatch.model import Busy, RunStep
from linli.dispatch.needs import needs_of
from linli.dispatch.rows import RESERVE, BodyRow, route_key
from linli.dispatch.rules import Need
from linli.dispatch.runs import present
from linli.kernel.errors import AlreadyDone
from linli.kernel.transact import transaction
from linli.resilience import ReserveVehicle
from linli.waves import RouteOnDesk, RouteTaken


def call_reserve(step: RunStep, now: datetime) -> dict[str, Any]:
    """
    Give each open route to the smallest free reserve vehicle that can carry it.

    Running it again changes nothing for the routes that have one.

    Raises:
        Superseded, NotFound: See `runs.present`.
    """
    run = present(step)
    open_routes = [each for each in waves.routes_of_wave(step.wave_id) if each.state == "offered"]
    given = 0
    for route, need in zip(open_routes, needs_of(open_routes), strict=True):
        free = resilience.free_vehicles(run.community_id)
        given += any(_give(route, vehicle, now) for vehicle in free if _fits(need, vehicle))
    return {**step.model_dump(), "given": given}


def _fits(need: Need, vehicle: ReserveVehicle) -> bool:
    return vehicle.driver_id is not None and vehicle.capacity_grams >= need.grams


def _give(route: RouteOnDesk, vehicle: ReserveVehicle, now: datetime) -> bool:
    assert vehicle.driver_id is not None, "only vehicles with a driver are asked"
    row = BodyRow(route_key(route.route_id), RESERVE, body=vehicle.vehicle_id)
    try:
        with transaction() as tx:
            waves.give(tx, route.route_id, vehicle.driver_id, now)
            resilience.engage(tx, route.community_id, vehicle.vehicle_id, route.route_id)
            hold(tx, vehicle.driver_id, route)
            tx.put(row)
    except (RouteTaken, AlreadyDone, Busy):
        return False  # A courier was faster, or the vehicle or its driver is wanted elsewhere.
    return True
