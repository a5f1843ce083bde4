"""Registering a sensor: the store that it hangs in, what it watches, limits of its own."""

from linli.kernel import reads
from linli.kernel.errors import Conflict
from linli.kernel.identity import Caller, Role
from linli.kernel.transact import transaction
from linli.sensing.model import PutSensor, Sensor
from linli.sensing.rows import SENSOR, SensorRow, thing_key


class SensorTaken(Conflict):
    """The thing hangs in another store."""

    code = "sensor_taken"
    title_en = "This sensor is registered by another store"
    title_zh = "该传感器已由其他门店登记"


def put_sensor(thing: str, command: PutSensor, caller: Caller) -> Sensor:
    """
    Register a sensor, or change it; sending the same again changes nothing.

    A sensor works without: its readings then count for the store of its topic, under the usual
    limits of their kind. Once registered, it counts for its store only.

    Raises:
        NotFound: The store is not the caller's.
        SensorTaken: Another store registered it.
    """
    caller.require(command.store_id, Role.STORE)
    known = Sensor(thing=thing, **command.model_dump())
    row = SensorRow(thing_key(thing), SENSOR, store_id=known.store_id, body=known.model_dump_json())
    mine = SensorRow.pk.does_not_exist() | (SensorRow.store_id == known.store_id)
    with transaction() as tx:
        tx.put(row, condition=mine, refusal=SensorTaken())
    return known


def sensor_key(thing: str) -> reads.Key:
    """The key with which a batch reads a sensor."""
    return SensorRow, thing_key(thing), SENSOR


def sensor_in(found: reads.Found, thing: str) -> Sensor | None:
    """The sensor of a batch, if it is registered."""
    row = found.get(SensorRow, thing_key(thing), SENSOR)
    return None if row is None else Sensor.model_validate_json(row.body)
