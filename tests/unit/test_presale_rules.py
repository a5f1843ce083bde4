"""What becomes of a cycle: nothing of the demand is lost or invented, whatever is dropped."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from linli.orders.address import AddressIn
from linli.presale import Cycle, Goods, PresaleOrder
from linli.presale.model import PresaleLine
from linli.presale.rules import in_cases, outcome
from tests.support import presales as p
from tests.support import village as v

SKUS = v.SKUS[:3]


@st.composite
def cycles(draw: st.DrawFn) -> Cycle:
    goods = [
        Goods(
            sku=sku,
            price_fen=draw(st.integers(1, 500)),
            case_units=draw(st.integers(1, 12)),
            minimum_units=draw(st.integers(0, 8)),
            maximum_units=1000,
        )
        for sku in SKUS
    ]
    body = p.cycle_body(goods=goods, minimum_fen=draw(st.integers(0, 6000)))
    return Cycle.model_validate(body | {"cycle_id": p.CYCLE})


@st.composite
def orders_of(draw: st.DrawFn) -> list[PresaleOrder]:
    return [_order(n, draw) for n in range(draw(st.integers(0, 8)))]


def _order(n: int, draw: st.DrawFn) -> PresaleOrder:
    wanted = draw(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 6), min_size=1))
    lines = tuple(PresaleLine(sku=s, units=u, price_fen=100, grams=1) for s, u in wanted.items())
    pay, fen = draw(st.sampled_from(["cash", "online"])), 100 * sum(wanted.values())
    return PresaleOrder(
        order_id=f"o{n}",
        cycle_id=p.CYCLE,
        community_id=v.COMMUNITY,
        resident_id="r",
        slot_id=p.SLOT,
        state="promised",
        pay=pay,
        paid_fen=fen if pay == "online" and draw(st.booleans()) else 0,
        placed_at="2026-06-01T04:00:00.000Z",
        lines=lines,
        deliver_to=AddressIn.model_validate(v.HOME),
        goods_fen=fen,
        slot_fen=0,
        total_fen=fen,
    )


@given(cycles(), orders_of())
def test_what_is_bought_is_what_the_orders_that_are_served_want(
    cycle: Cycle, orders: list[PresaleOrder]
) -> None:
    found = outcome(cycle, orders)
    served = [order for order in orders if order.order_id not in found.voided]
    demand: Counter[str] = Counter()
    for order in served:
        demand.update(order.wanted)
    assert dict(found.demand) == dict(demand)
    minimum = {goods.sku: goods.minimum_units for goods in cycle.goods}
    assert all(units >= minimum[sku] for sku, units in found.demand.items())
    assert all(order.pay == "cash" or order.paid_fen for order in served)
    if found.state == "failed":
        assert served == []
        captured = sum(order.paid_fen for order in orders)
        assert captured == sum(o.paid_fen for o in orders if o.order_id in found.voided)
    else:
        assert sum(order.goods_fen for order in served) >= cycle.minimum_fen


@given(cycles(), orders_of())
def test_an_order_is_void_only_with_a_reason_of_its_own(
    cycle: Cycle, orders: list[PresaleOrder]
) -> None:
    found = outcome(cycle, orders)
    for order in orders:
        why = found.voided.get(order.order_id)
        assert (why == "unpaid") == (order.pay == "online" and not order.paid_fen)
        if why == "sku_dropped":
            assert set(order.wanted) & set(found.dropped)
        if why == "cycle_failed":
            assert found.state == "failed"


@given(st.integers(0, 10_000), st.integers(1, 100))
def test_cases_cover_the_demand_with_less_than_a_case_over(units: int, case_units: int) -> None:
    bought = in_cases(units, case_units)
    assert bought % case_units == 0
    assert 0 <= bought - units < case_units
