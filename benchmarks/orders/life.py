"""
What an order writes from its placing to its closing, turn by turn, in write units.

`python -m benchmarks.orders.life` with `layers/domain/python` on the path. The product's own use
cases, one order alone, on the emulator's engine in this process, which counts units as DynamoDB
does, indexes included. Not in it: the plans and routes of its wave (they are the wave's, a hundred
orders share them), the provider's side of an online payment, and items that one reads only.
"""

import argparse
from collections.abc import Callable
from datetime import timedelta

from linli import catalogue, heat, orders, stock
from linli.catalogue import PutProduct
from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.orders import Order
from linli.orders.rules import sources_of
from linli.orders.told import told_by
from tests.support import picking
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.money import capture

LINES = (1, 5, 20)
WHO = "r-an"
END = v.LATER + timedelta(hours=1)
Step = Callable[[Order], object]


def main() -> None:
    """Print a table of turns."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    kinds = [(lines, False, "cash") for lines in LINES]
    kinds += [(5, True, "cash"), (5, False, "online")]
    columns = [live(*kind) for kind in kinds]
    heads = [f"{lines} lines{' +' * extras} {pay}" for lines, extras, pay in kinds]
    print("write units; `+`: spends points and takes two boxes; one store\n")
    print(f"{'turn':22}" + "".join(f"{head:>16}" for head in heads))
    for name in columns[0]:
        print(f"{name:22}" + "".join(f"{column[name]:>16.0f}" for column in columns))
    totals = [sum(column.values()) for column in columns]
    print(f"{'whole life':22}" + "".join(f"{total:>16.0f}" for total in totals))
    shares = [total / column["place"] for total, column in zip(totals, columns, strict=True)]
    print(f"{'times its placing':22}" + "".join(f"{share:>16.1f}" for share in shares))


def live(lines: int, extras: bool, pay: str) -> dict[str, float]:
    """The units of each turn of one order's life."""
    with engine() as db:
        skus = furnish(lines)
        more = {"spend_points": 2, "boxes": 2} if extras else {}
        wish = v.wish(uuid7(), dict.fromkeys(skus, 1), pay=pay, **more)
        spent: dict[str, float] = {}

        def step(name: str, act: Callable[[], object]) -> None:
            db.forget_costs()
            act()
            spent[name] = spent.get(name, 0.0) + db.written_units

        caller = v.resident(WHO)
        step("place", lambda: orders.place(wish, caller=caller, now=v.NOON, settings=v.SETTINGS))
        order_id = str(wish.id)
        step("pay (captured)", lambda: _pay(order_id) if pay == "online" else None)
        for name, act in TURNS.items():
            order = orders.read(order_id)
            step(name, lambda act=act, order=order: act(order))  # type: ignore[misc]
        step("counted (stream)", lambda: _count(db))
    return spent


def furnish(lines: int) -> list[str]:
    """A store that has it all, two boxes, and a resident with points."""
    v.furnish({})
    bodies = [f"2000000100{n:02d}" for n in range(lines)]
    skus = [body + gs1_check_digit(body) for body in bodies]
    product = PutProduct(name_zh="货", name_en="Good", price_fen=900, grams=500)
    for sku in skus:
        catalogue.put_product(sku, product, None)
        stock.receive(v.receipt(uuid7(), v.STORES[0], sku, 100), by="k", now=v.NOON)
    v.give_points(WHO, 9)
    v.put_boxes(range(2))
    return skus


def _pay(order_id: str) -> None:
    with transaction() as tx:
        capture(tx, order_id, v.NOON)


def _allocate(order: Order) -> None:
    wanted = [(order.order_id, source) for source in sources_of(order)]
    stock.allocate_lots(v.SLOT, wanted, END, v.LATER)


def _pick(order: Order) -> None:
    for store_id in order.store_ids:
        picking.pick(order, store_id, v.LATER)


def _hand_over(order: Order) -> None:
    for store_id in order.store_ids:
        orders.hand_over(order.order_id, store_id, by="k", now=v.LATER)


def _deliver(order: Order) -> None:
    orders.deliver(
        str(uuid7()),
        order.order_id,
        courier_id="c-1",
        outcome="delivered",
        box_ids=[v.box(n) for n in range(order.boxes)],
        at=END,
        now=END,
    )


TURNS: dict[str, Step] = {
    "freeze": lambda order: orders.freeze(order.order_id, v.SLOT, v.LATER),
    "allocate lots": _allocate,
    "route": lambda order: orders.mark_routed(order.order_id, f"{v.SLOT}.1", v.LATER),
    "pick and pack": _pick,
    "hand over": _hand_over,
    "deliver": _deliver,
    "close": lambda order: orders.close(order.order_id, END + timedelta(days=2)),
}


def _count(db: Engine) -> None:
    """What the stream's reader writes for the heat map and the day's sales."""
    for record in db.stream(Table.ORDERS):
        told = told_by(record)
        if told is not None:
            heat.count(told)


if __name__ == "__main__":
    main()
