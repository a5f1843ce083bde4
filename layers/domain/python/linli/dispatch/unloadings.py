"""What a route's couriers told of its doors, as far as it teaches how to unload."""

import json
from datetime import datetime

from linli import waves
from linli.dispatch.rows import ARRIVED, PROOF, BodyRow, ProofRow, order_key
from linli.kernel import reads
from linli.kernel.time import parse_instant
from linli.waves import RouteOnDesk


def learn_of_unloadings(route: RouteOnDesk, now: datetime) -> None:
    """
    Let the wave know how long the buildings of a route that is done took: from its courier's first
    arrival there to the last stop's end. Again changes nothing.
    """
    keys = {order_id: order_key(order_id) for order_id in route.order_ids}
    found = reads.batch(
        each for pk in keys.values() for each in ((BodyRow, pk, ARRIVED), (ProofRow, pk, PROOF))
    )
    doors = {}
    for order_id, pk in keys.items():
        came, ended = found.get(BodyRow, pk, ARRIVED), found.get(ProofRow, pk, PROOF)
        if came is not None and ended is not None:
            doors[order_id] = _at(came.body), _at(ended.body)
    waves.note_unloadings(route.route_id, doors, now)


def _at(body: str) -> datetime:
    return parse_instant(json.loads(body)["at"])
