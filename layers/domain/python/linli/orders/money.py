"""What an order comes to, and what is owed back for it. Pure."""

from collections.abc import Sequence

from linli.kernel.money import split
from linli.orders.model import Line, Order
from linli.orders.progress import Bill, BillLine, OrderPart, Progress


def weighed(price_fen: int, grams: int, nominal_grams: int) -> int:
    """The price of `grams` of goods that cost `price_fen` for `nominal_grams`, rounded half up."""
    return (2 * price_fen * grams + nominal_grams) // (2 * nominal_grams)


def found_fen(line: Line, units: int, grams: int | None) -> int:
    """What `units` that were found of a line cost: by weight if it is sold so, never more."""
    most = units * line.price_fen
    if grams is None:
        return most
    return min(most, weighed(line.price_fen, grams, line.grams))


def bill_of(order: Order, parts: Sequence[OrderPart]) -> Bill:
    """
    The bill of an order of which `parts` were picked.

    A coupon is used whole. Money goes back before points do: the points stay spent as long as
    goods and fees are worth them, whole points of what is left over are given back, and the rest
    of less than a point is to the resident's favour. What goes back is split over the lines that
    came out short by largest remainder, so that they add up to it.
    """
    final = {line.sku: 0 for line in order.lines}
    for part in parts:
        for picked in part.lines:
            final[picked.sku] += picked.fen + (picked.substitute.fen if picked.substitute else 0)
    promised = {line.sku: line.units * line.price_fen for line in order.lines}
    goods_fen = sum(final.values())
    worth_fen = max(0, goods_fen + order.slot_fen + order.proxy_fen - order.coupon_fen)
    point_fen = order.discount_fen // order.points if order.points else 1
    points = min(order.points, worth_fen // point_fen)
    final_fen = min(order.total_fen, worth_fen - points * point_fen + order.deposit_fen)
    refund_fen = order.total_fen - final_fen
    refunds = split(refund_fen, [promised[sku] - final[sku] for sku in final])
    return Bill(
        lines=tuple(
            BillLine(sku=sku, promised_fen=promised[sku], final_fen=final[sku], refund_fen=refund)
            for sku, refund in zip(final, refunds, strict=True)
        ),
        goods_fen=goods_fen,
        slot_fen=order.slot_fen,
        proxy_fen=order.proxy_fen,
        coupon_fen=goods_fen + order.slot_fen + order.proxy_fen - worth_fen,
        discount_fen=worth_fen + order.deposit_fen - final_fen,
        deposit_fen=order.deposit_fen,
        points=points,
        final_fen=final_fen,
        refund_fen=refund_fen,
    )


def costing(order: Order, final_fen: int) -> tuple[Progress, int]:
    """
    The order's progress when it costs `final_fen` in all, and how much of what was paid is
    therefore to be paid back: nothing of what was not paid.
    """
    progress = order.progress
    kept_fen = progress.paid_fen - progress.refund_fen
    back_fen = kept_fen - final_fen if order.payment == "paid" else 0
    assert back_fen >= 0, "nothing that was paid for becomes dearer"
    more = {"final_fen": final_fen, "refund_fen": progress.refund_fen + back_fen}
    return progress.model_copy(update=more), back_fen
