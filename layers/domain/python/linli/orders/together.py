"""Many orders at once, for the routing batch: read a hundred a call, turned fifty a write."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import NotFound, Refused
from linli.kernel.transact import MOST_WRITES, Transaction, transaction
from linli.orders.model import Order
from linli.orders.rows import order_key, order_of, order_row
from linli.orders.turn import Act, carry_out
from linli.orders.wave import freezing, rerouting, routing

_AT_ONCE = MOST_WRITES // 2
"""A turn alone is two writes: the order and the row of its history."""


def read_all(order_ids: Iterable[str]) -> dict[str, Order]:
    """
    The orders with these ids, in that order, as they are now.

    Raises:
        NotFound: There is no such order, or it was refused.
    """
    wanted = list(dict.fromkeys(order_ids))
    found = reads.batch(order_key(each) for each in wanted)
    rows = {each: order_row(found, each) for each in wanted}
    if any(row is None or row.state == "refused" for row in rows.values()):
        raise NotFound
    return {each: order_of(row) for each, row in rows.items() if row is not None}


def freeze_all(order_ids: Iterable[str], wave_id: str, now: datetime) -> dict[str, Refused]:
    """
    Put placed orders into their wave, as `freeze` does one; answers who was refused and why.
    """
    return _turn_all(dict.fromkeys(order_ids, freezing(wave_id, now)))


def mark_all_routed(routes: Mapping[str, str], now: datetime) -> dict[str, Refused]:
    """
    Note the routes (by order id) of a wave's orders, as `mark_routed` does one; answers who was
    refused and why, those included that ride on another route already.
    """
    acts = {each: routing(route_id, now, first=True) for each, route_id in routes.items()}
    return _turn_all(acts)


def change_routes(routes: Mapping[str, str], now: datetime) -> dict[str, Refused]:
    """
    Note other routes (by order id), as `change_route` does one; answers who was refused and why.
    """
    return _turn_all({order_id: rerouting(route_id, now) for order_id, route_id in routes.items()})


def _turn_all(acts: Mapping[str, Act]) -> dict[str, Refused]:
    """
    Let each order be turned by its act, which adds its turn and nothing else, or nothing.

    Orders that share a write stand or fall together, so if it fails each is turned by itself.
    """
    ids, refused = list(acts), dict[str, Refused]()
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        kept = read_all(some)
        try:
            with transaction() as tx:
                told = {each: _refusal(tx, kept[each], acts[each]) for each in some}
        except Refused:
            told = {each: _alone(each, acts[each]) for each in some}
        refused |= {each: why for each, why in told.items() if why is not None}
    return refused


def _refusal(tx: Transaction, order: Order, act: Act) -> Refused | None:
    """What `act` refuses before it adds anything; None if it does not."""
    try:
        act(tx, order)
    except Refused as refusal:
        return refusal
    return None


def _alone(order_id: str, act: Act) -> Refused | None:
    try:
        carry_out(order_id, act)
    except Refused as refusal:
        return refusal
    return None
