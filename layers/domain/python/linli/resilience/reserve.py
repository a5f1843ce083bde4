"""Reserve vehicles: registered beforehand, called up once, released at the end."""

from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict
from linli.kernel.identity import Caller, Role
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import transaction
from linli.resilience.find import find
from linli.resilience.model import Activation, PutReserveVehicle, ReserveVehicle
from linli.resilience.rows import (
    ACTIVATION,
    EMERGENCY,
    VEHICLE,
    BodyRow,
    EmergencyRow,
    VehicleRow,
    community_key,
    emergency_key,
)


class Elsewhere(Conflict):
    """The vehicle serves an emergency."""

    code = "vehicle_active"
    title_en = "The vehicle is serving an emergency"
    title_zh = "该车辆正在执行应急任务"


class _Over(Conflict):
    """The emergency has ended meanwhile."""


def put_vehicle(vehicle_id: str, command: PutReserveVehicle, caller: Caller) -> ReserveVehicle:
    """
    Register a vehicle in the community's reserve; sending the same again changes nothing.

    Raises:
        NotFound: The caller is neither the community's dispatcher nor its city desk.
        Elsewhere: It is serving an emergency, and would change under its crew.
    """
    caller.require(command.community_id, Role.CITY, Role.DISPATCHER)
    pk, sk = community_key(command.community_id), f"{VEHICLE}{vehicle_id}"
    known = reads.get(VehicleRow, pk, sk)
    if known is not None and known.body == command.model_dump_json():
        return _vehicle(known)
    row = VehicleRow(pk, sk, body=command.model_dump_json())
    with transaction() as tx:
        tx.put(row, condition=VehicleRow.active_in.does_not_exist(), refusal=Elsewhere())
    return _vehicle(row)


def activate(emergency_id: str, now: datetime) -> list[Activation]:
    """
    Call up every free reserve vehicle of the emergency's community, each once.

    Running it again, after a crash or beside itself, changes nothing for the vehicles that were
    called up before. An emergency that has ended calls up none.

    Raises:
        NotFound: There is no such emergency.
    """
    row = find(emergency_id)
    pk = community_key(row.community_id)
    for vehicle in reads.query(VehicleRow, pk, VehicleRow.sk.startswith(VEHICLE)):
        if vehicle.active_in is None and row.state != "ended":
            _activate_one(row, vehicle, now)
    _note_activated(row, now)
    return activations(emergency_id)


def activations(emergency_id: str) -> list[Activation]:
    """The vehicles called up for an emergency."""
    pk = emergency_key(emergency_id)
    rows = reads.query(BodyRow, pk, BodyRow.sk.startswith(ACTIVATION))
    return [Activation.model_validate_json(row.body) for row in rows]


def release(emergency_id: str, community_id: str) -> None:
    """Give back the vehicles that serve this emergency; again changes nothing."""
    pk = community_key(community_id)
    for row in reads.query(VehicleRow, pk, VehicleRow.sk.startswith(VEHICLE)):
        if row.active_in == emergency_id:
            _release_one(row, emergency_id)


def _release_one(row: VehicleRow, emergency_id: str) -> None:
    try:
        with transaction() as tx:
            tx.update(
                row,
                [VehicleRow.active_in.remove()],
                condition=VehicleRow.active_in == emergency_id,
                refusal=AlreadyDone(),
            )
    except AlreadyDone:
        return  # Released by another run of the same step.


def _activate_one(emergency: EmergencyRow, vehicle: VehicleRow, now: datetime) -> None:
    emergency_id = emergency.pk.partition("#")[2]
    seconds = max(0, round((now - parse_instant(emergency.issued_at)).total_seconds()))
    known = _vehicle(vehicle)
    activation = Activation(
        vehicle_id=known.vehicle_id,
        kind=known.kind,
        capacity_grams=known.capacity_grams,
        activated_at=now,
        seconds_since_warning=seconds,
        minutes_since_warning=round(seconds / 60, 1),
    )
    row = BodyRow(
        emergency.pk, f"{ACTIVATION}{known.vehicle_id}", body=activation.model_dump_json()
    )
    try:
        with transaction() as tx:
            tx.check(
                EmergencyRow(emergency.pk, EMERGENCY),
                condition=EmergencyRow.state.is_in("declared", "active"),
                refusal=_Over(),
            )
            tx.update(
                vehicle,
                [VehicleRow.active_in.set(emergency_id)],
                condition=VehicleRow.body.exists() & VehicleRow.active_in.does_not_exist(),
                refusal=AlreadyDone(),
            )
            tx.put(row, condition=BodyRow.pk.does_not_exist(), refusal=AlreadyDone())
    except (AlreadyDone, _Over):
        return  # Called up by another run of this step, or no longer wanted.


def _note_activated(row: EmergencyRow, now: datetime) -> None:
    try:
        with transaction() as tx:
            tx.update(
                row,
                [EmergencyRow.state.set("active"), EmergencyRow.activated_at.set(rfc3339(now))],
                condition=EmergencyRow.state == "declared",
                refusal=AlreadyDone(),
            )
    except AlreadyDone:
        return  # Noted by an earlier run of this step, or ended meanwhile.


def _vehicle(row: VehicleRow) -> ReserveVehicle:
    known = PutReserveVehicle.model_validate_json(row.body)
    return ReserveVehicle(
        vehicle_id=row.sk.removeprefix(VEHICLE), active_in=row.active_in, **known.model_dump()
    )
