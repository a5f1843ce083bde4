"""Reserve vehicles that ride a route which no courier took, each for one purpose at a time."""

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.transact import Transaction, transaction
from linli.resilience.model import PutReserveVehicle, ReserveVehicle
from linli.resilience.rows import VEHICLE, VehicleRow, community_key


def free_vehicles(community_id: str) -> list[ReserveVehicle]:
    """The community's reserve vehicles that serve nobody, the smallest first."""
    pk = community_key(community_id)
    rows = reads.query(VehicleRow, pk, VehicleRow.sk.startswith(VEHICLE))
    free = [
        ReserveVehicle(
            vehicle_id=row.sk.removeprefix(VEHICLE),
            **PutReserveVehicle.model_validate_json(row.body).model_dump(),
        )
        for row in rows
        if row.active_in is None
    ]
    return sorted(free, key=lambda each: (each.capacity_grams, each.vehicle_id))


def engage(tx: Transaction, community_id: str, vehicle_id: str, purpose: str) -> None:
    """
    Add to `tx` that the vehicle serves `purpose` (a route's id).

    Raises at the commit:
        AlreadyDone: It serves something else meanwhile.
    """
    tx.update(
        VehicleRow(community_key(community_id), f"{VEHICLE}{vehicle_id}"),
        [VehicleRow.active_in.set(purpose)],
        condition=VehicleRow.body.exists() & VehicleRow.active_in.does_not_exist(),
        refusal=AlreadyDone(),
    )


def disengage(community_id: str, vehicle_id: str, purpose: str) -> None:
    """Let the vehicle go that served `purpose`; again changes nothing."""
    try:
        with transaction() as tx:
            tx.update(
                VehicleRow(community_key(community_id), f"{VEHICLE}{vehicle_id}"),
                [VehicleRow.active_in.remove()],
                condition=VehicleRow.active_in == purpose,
                refusal=AlreadyDone(),
            )
    except AlreadyDone:
        return  # Let go before.
