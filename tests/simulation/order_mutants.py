"""Seeded defects of orders that are paid, changed and picked; see `mutants`."""

from tests.simulation.mutants import Mutant

ORDER_MUTANTS = (
    Mutant(
        "an order that is paid expires",
        "paying",
        "linli.orders.pay",
        "        if not _waits(order) or not (at_cut_off or _is_late(order, now)):\n",
        "        if not (at_cut_off or _is_late(order, now)):\n",
    ),
    Mutant(
        "an expired order keeps what it held",
        "paying",
        "linli.orders.pay",
        "        give_back(tx, order, now)\n",
        "        assert give_back\n",
    ),
    Mutant(
        "an order is promised anew without a place",
        "paying",
        "linli.orders.pay",
        "    slots.take(tx, order.slot_id, Moved())\n",
        "    assert slots\n",
    ),
    Mutant(
        "an order is promised anew without its goods",
        "paying",
        "linli.orders.pay",
        "    _hold(tx, decision.sources)\n",
        "    assert _hold\n",
    ),
    Mutant(
        "a wave takes what is not paid",
        "paying",
        "linli.orders.wave",
        '        if order.state == "placed" and order.payment == "due":\n'
        "            raise NotPaid\n",
        "",
    ),
    Mutant(
        "a turn overtakes another that it has not seen",
        "paying",
        "linli.orders.turn",
        "        condition=seen,\n        refusal=MovedOn(),\n",
        "",
    ),
    Mutant(
        "a changed order releases nothing",
        "paying",
        "linli.orders.change",
        "            stock.release(tx, replace(source, units=-more))\n",
        "            assert more\n",
    ),
    Mutant(
        "what a picker did not find stays on the books",
        "picking_apart",
        "linli.orders.pick",
        "            stock.lose(tx, shelf, stock.Sale(order.order_id, by, now))\n",
        "            assert shelf\n",
    ),
    Mutant(
        "a store picks its part twice",
        "picking_apart",
        "linli.orders.pick",
        "    if order.progress.part(store_id):\n        raise AlreadyPicked\n",
        "",
    ),
    Mutant(
        "money for what was not found is kept",
        "picking_apart",
        "linli.orders.money",
        "progress.refund_fen + back_fen}",
        "progress.refund_fen}",
    ),
    Mutant(
        "points are spent on what was not found",
        "picking_apart",
        "linli.orders.hold",
        "Points(bill.points if bill else order.points)",
        "Points(order.points if bill else order.points)",
    ),
    Mutant(
        "paper ends an order that a courier has ended",
        "picking_apart",
        "linli.orders.turn",
        "        condition=seen,\n        refusal=MovedOn(),\n",
        "",
    ),
)
