"""A store hands a courier what it has packed for a route, or one order alone."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, model_validator

from linli import orders
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, StoreId
from linli.waves.accept import route_row
from linli.waves.model import RouteId
from linli.waves.views import order_ids_of


class HandOver(BaseModel):
    """What a store hands over: all that it has packed for a route, or one order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    store_id: StoreId
    route_id: RouteId | None = None
    order_id: CommandId | None = None

    @model_validator(mode="after")
    def _one(self) -> "HandOver":
        if (self.route_id is None) == (self.order_id is None):
            raise ValueError("either a route or an order")
        return self


class HandedOver(BaseModel):
    """An order of a hand-over, and how it stands now."""

    order_id: str
    state: str
    handed_over: bool


class HandOverView(BaseModel):
    """What became of a hand-over; orders that were not packed are not handed over."""

    id: str
    orders: list[HandedOver]


def hand_over(command: HandOver, caller: Caller, now: datetime) -> HandOverView:
    """
    Hand over the store's parts; the same again hands over what has been packed meanwhile.

    Raises:
        NotFound: The caller is not of this store, or there is no such route or order with
            anything of it.
        OutOfOrder: The one order is not packed.
        IdReused: The id was used for another hand-over.
    """
    caller.require(command.store_id, Role.STORE)
    orders.note_command(command, command.id, command.store_id, caller.subject, now)
    if command.order_id is not None:
        order = orders.hand_over(
            str(command.order_id), command.store_id, by=caller.subject, now=now
        )
        return HandOverView(id=str(command.id), orders=[_told(order, command.store_id)])
    found = [orders.read(each) for each in order_ids_of(route_row(str(command.route_id)))]
    mine = [order for order in found if command.store_id in order.store_ids]
    if not mine:
        raise NotFound
    told = [_hand_over(order, command.store_id, caller.subject, now) for order in mine]
    return HandOverView(id=str(command.id), orders=[_told(o, command.store_id) for o in told])


def _hand_over(order: orders.Order, store_id: str, by: str, now: datetime) -> orders.Order:
    """One order of a route; one that is not packed must not keep the others waiting."""
    if order.state != "packed":
        return order
    try:
        return orders.hand_over(order.order_id, store_id, by=by, now=now)
    except orders.OutOfOrder:
        return orders.read(order.order_id)


def _told(order: orders.Order, store_id: str) -> HandedOver:
    part = order.progress.part(store_id)
    handed = part is not None and part.handed_over
    return HandedOver(order_id=order.order_id, state=order.state, handed_over=handed)
