"""What an order comes to: weighed half up, never dearer, and every part adds up to the fen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.orders.model import Address, Line, Order, SourceOf
from linli.orders.money import bill_of, costing, found_fen, weighed
from linli.orders.progress import OrderPart, PickedLine, Progress, Substitute

HOME = Address(lon=120, lat=30, building="1", unit="", floor=1, has_lift=False)
SKU = "2000000000008"


@pytest.mark.parametrize(
    ("price_fen", "grams", "nominal_grams", "fen"),
    [
        (1000, 500, 500, 1000),
        (1000, 499, 500, 998),
        (999, 1, 2, 500),  # 499.5
        (999, 1, 2000, 0),  # 0.4995
        (1, 1, 2, 1),  # 0.5: half up
        (3, 1, 2, 2),  # 1.5
        (7, 333, 1000, 2),  # 2.331
        (10_000_000, 10_000_000, 1, 100_000_000_000_000),
    ],
)
def test_weighed_goods_are_rounded_half_up(
    price_fen: int, grams: int, nominal_grams: int, fen: int
) -> None:
    assert weighed(price_fen, grams, nominal_grams) == fen


def line(units: int, price_fen: int, sku: str = SKU, grams: int = 500) -> Line:
    source = SourceOf(store_id="s", owner_id="o", units=units)
    return Line(sku=sku, units=units, price_fen=price_fen, grams=grams, sources=(source,))


def test_a_heavier_piece_costs_no_more_than_was_promised() -> None:
    assert found_fen(line(2, 1000), 2, 1100) == 2000
    assert found_fen(line(2, 1000), 2, 900) == 1800
    assert found_fen(line(2, 1000), 1, 900) == 1000
    assert found_fen(line(2, 1000), 2, None) == 2000


def order(lines: list[Line], *, slot_fen: int, proxy_fen: int, points: int, boxes: int) -> Order:
    goods = sum(each.units * each.price_fen for each in lines)
    worth = goods + slot_fen + proxy_fen
    points = min(points, worth // 100)
    return Order(
        order_id="o",
        resident_id="r",
        community_id="wulin",
        state="routed",
        slot_id="wulin.courier.20260601T1600",
        placed_at="",
        lines=tuple(lines),
        deliver_to=HOME,
        boxes=boxes,
        points=points,
        goods_fen=goods,
        slot_fen=slot_fen,
        proxy_fen=proxy_fen,
        discount_fen=100 * points,
        deposit_fen=1000 * boxes,
        box_fen=1000,
        total_fen=worth - 100 * points + 1000 * boxes,
    )


@st.composite
def picked(draw: st.DrawFn) -> tuple[Order, OrderPart]:
    """An order and what one store found of it: short, weighed, replaced, or nothing at all."""
    lines, found = [], []
    for n in range(draw(st.integers(1, 5))):
        promised = line(draw(st.integers(1, 9)), draw(st.integers(1, 5000)), f"{n:013d}")
        units = draw(st.integers(0, promised.units))
        grams = draw(st.none() | st.integers(1, 9000))
        instead = draw(st.integers(0, promised.units - units))
        other_fen = draw(st.integers(0, promised.price_fen))
        substitute = Substitute(sku="x", units=instead, fen=other_fen * instead)
        fen = found_fen(promised, units, grams if units else None)
        lines.append(promised)
        found.append(
            PickedLine(
                sku=promised.sku,
                owner_id="o",
                units=units,
                short_units=promised.units - units,
                fen=fen,
                substitute=substitute if instead else None,
            )
        )
    fees = {"slot_fen": draw(st.integers(0, 900)), "proxy_fen": draw(st.sampled_from([0, 300]))}
    whole = order(lines, **fees, points=draw(st.integers(0, 60)), boxes=draw(st.integers(0, 3)))
    return whole, OrderPart(store_id="s", lines=tuple(found))


@given(picked())
@settings(max_examples=300, deadline=None)
def test_parts_always_add_up_to_the_total(case: tuple[Order, OrderPart]) -> None:
    whole, part = case
    bill = bill_of(whole, [part])
    fees = bill.slot_fen + bill.proxy_fen
    assert bill.goods_fen == sum(each.final_fen for each in bill.lines)
    assert bill.final_fen == bill.goods_fen + fees - bill.discount_fen + bill.deposit_fen
    assert bill.refund_fen == whole.total_fen - bill.final_fen
    assert bill.refund_fen == sum(each.refund_fen for each in bill.lines)
    for each in bill.lines:
        assert 0 <= each.final_fen <= each.promised_fen
        assert each.refund_fen >= 0
        assert each.refund_fen == 0 or each.final_fen < each.promised_fen


@given(picked())
@settings(max_examples=300, deadline=None)
def test_nobody_pays_more_or_loses_points_for_what_was_not_there(
    case: tuple[Order, OrderPart],
) -> None:
    whole, part = case
    bill = bill_of(whole, [part])
    assert whole.deposit_fen <= bill.final_fen <= whole.total_fen
    assert 0 <= bill.points <= whole.points
    worth_fen = bill.goods_fen + bill.slot_fen + bill.proxy_fen
    assert 100 * bill.points <= worth_fen
    paid_fen = bill.final_fen - bill.deposit_fen + 100 * bill.points
    assert worth_fen - 100 < paid_fen <= worth_fen, "less than a point is given away, none taken"


def test_points_stay_spent_as_long_as_the_goods_are_worth_them() -> None:
    whole = order([line(3, 1000)], slot_fen=0, proxy_fen=0, points=12, boxes=0)
    two = PickedLine(sku=SKU, owner_id="o", units=2, short_units=1, fen=2000)
    bill = bill_of(whole, [OrderPart(store_id="s", lines=(two,))])
    assert (bill.points, bill.final_fen, bill.refund_fen) == (12, 800, 1000)
    none = PickedLine(sku=SKU, owner_id="o", units=0, short_units=3, fen=0)
    bill = bill_of(whole, [OrderPart(store_id="s", lines=(none,))])
    assert (bill.points, bill.final_fen, bill.refund_fen) == (0, 0, 1800)


def test_only_what_was_paid_is_owed_back() -> None:
    whole = order([line(3, 1000)], slot_fen=0, proxy_fen=0, points=0, boxes=0)
    assert costing(whole, 2000) == (Progress(final_fen=2000), 0)
    paid = whole.model_copy(update={"payment": "paid", "progress": Progress(paid_fen=3000)})
    progress, back_fen = costing(paid, 2000)
    assert (progress.refund_fen, back_fen, progress.final_fen) == (1000, 1000, 2000)
    again, more_fen = costing(paid.model_copy(update={"progress": progress}), 0)
    assert (again.refund_fen, more_fen, again.paid_fen) == (3000, 2000, 3000)
