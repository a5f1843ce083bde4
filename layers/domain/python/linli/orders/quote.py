"""What an order would cost and when it would have to be paid; nothing is written or held."""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from linli.kernel import reads
from linli.kernel.identity import Caller, Role
from linli.kernel.settings import Settings
from linli.kernel.time import rfc3339
from linli.orders.model import PlaceOrder
from linli.orders.plan import plan_for

VALID_FOR = timedelta(minutes=5)


class QuotedLine(BaseModel):
    """A line as it would be promised."""

    sku: str
    units: int
    price_fen: int
    line_fen: int
    by_weight: bool


class Quote(BaseModel):
    """An offer that holds as long as nobody takes the goods or the place; see `total_fen`."""

    lines: list[QuotedLine]
    stores: int = Field(description="How many stores would supply it; one promise all the same")
    slot_id: str
    goods_fen: int
    slot_fen: int
    proxy_fen: int
    discount_fen: int
    coupon_fen: int
    deposit_fen: int
    total_fen: int = Field(description="Send it as `expected_total_fen` to pay no other price")
    pay_by: str | None
    valid_until: str


def quote(command: PlaceOrder, *, caller: Caller, now: datetime, settings: Settings) -> Quote:
    """
    What `command` would be promised now; its id is of no account.

    Raises:
        NotFound: The caller is no resident of the community.
        Refused: Whatever would refuse the order, but for points and emergencies.
    """
    caller.require(command.community_id, Role.RESIDENT)
    plan = plan_for(command, caller.subject, settings)
    order = plan.decide(reads.batch(plan.keys(now)), now, settings).order
    return Quote(
        lines=[
            QuotedLine(
                sku=line.sku,
                units=line.units,
                price_fen=line.price_fen,
                line_fen=line.units * line.price_fen,
                by_weight=line.by_weight,
            )
            for line in order.lines
        ],
        stores=len(order.store_ids),
        slot_id=order.slot_id,
        goods_fen=order.goods_fen,
        slot_fen=order.slot_fen,
        proxy_fen=order.proxy_fen,
        discount_fen=order.discount_fen,
        coupon_fen=order.coupon_fen,
        deposit_fen=order.deposit_fen,
        total_fen=order.total_fen,
        pay_by=order.progress.pay_by,
        valid_until=rfc3339(now + VALID_FOR),
    )
