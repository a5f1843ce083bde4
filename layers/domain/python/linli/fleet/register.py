"""Registering couriers: a courier writes only their own, so the last word counts."""

from linli.fleet.model import Courier, PutCourier
from linli.fleet.rows import COURIER, CourierRow, community_key, courier_key
from linli.kernel import reads
from linli.kernel.transact import transaction


def put_courier(courier_id: str, command: PutCourier) -> Courier:
    """Register a courier, or change their registration; sending it again changes nothing."""
    known = Courier(courier_id=courier_id, **command.model_dump())
    row = CourierRow(
        community_key(known.community_id), courier_key(courier_id), body=known.model_dump_json()
    )
    with transaction() as tx:
        tx.put(row)
    return known


def courier(community_id: str, courier_id: str) -> Courier | None:
    """A courier of the community, if registered there."""
    row = reads.get(CourierRow, community_key(community_id), courier_key(courier_id))
    return None if row is None else Courier.model_validate_json(row.body)


def couriers(community_id: str) -> list[Courier]:
    """The couriers registered in a community, by id."""
    prefix = CourierRow.sk.startswith(COURIER)
    rows = reads.query(CourierRow, community_key(community_id), prefix)
    return [Courier.model_validate_json(row.body) for row in rows]
