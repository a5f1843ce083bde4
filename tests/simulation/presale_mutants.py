"""Seeded defects of slots and presale, which the simulation must notice."""

from tests.simulation.mutants import Mutant

PRESALE_MUTANTS = (
    Mutant(
        "a presale is promised beyond its maximum",
        "preselling",
        "linli.presale.collect",
        "            & (GoodsRow.promised_units <= most[sku] - units),\n",
        ",\n",
    ),
    Mutant(
        "a presale order is put without must-not-exist",
        "preselling",
        "linli.presale.collect",
        "        condition=OrderRow.pk.does_not_exist(),\n        refusal=AlreadyDone(),\n",
        "",
    ),
    Mutant(
        "a cycle goes on collecting while it closes",
        "preselling",
        "linli.presale.close",
        '                tx.update(GoodsRow(key, f"SKU#{goods.sku}"), [GoodsRow.is_open.set(0)])',
        "                assert goods",
        120,
    ),
    Mutant(
        "a refusal of a presale order is not recorded",
        "preselling",
        "linli.presale.collect",
        "            tx.put(row, condition=OrderRow.pk.does_not_exist(), refusal=AlreadyDone())",
        "            assert tx",
    ),
    Mutant(
        "an ended presale order keeps its place",
        "preselling",
        "linli.presale.ending",
        "    slots.unreserve(tx, order.slot_id)\n",
        "",
    ),
    Mutant(
        "what was paid is not paid back",
        "preselling",
        "linli.presale.ending",
        """        payments.request_refund(
            tx, order_id=order.order_id, fen=order.paid_fen, reason=why, now=now, version=0
        )
""",
        "        assert why\n",
    ),
    Mutant(
        "a cycle buys twice",
        "preselling",
        "linli.presale.close",
        """                condition=CycleRow.state == "closing",
                refusal=AlreadyDone(),
""",
        "",
    ),
    Mutant(
        "an arrival is counted again when its answer was lost",
        "preselling",
        "linli.presale.arrive",
        "tx.put(row, condition=ArrivalRow.pk.does_not_exist(), refusal=AlreadyDone())",
        "tx.put(row)",
    ),
    Mutant(
        "goods that are left over are released twice",
        "preselling",
        "linli.presale.serve",
        """                    condition=(ArrivalRow.released_units == stack.released_units)
                    & (ArrivalRow.allotted_units == stack.allotted_units),
                    refusal=Conflict("released in the meantime"),
""",
        "",
        200,
    ),
    Mutant(
        "a slot reserves more places than it has",
        "preselling",
        "linli.slots.change",
        """        [SlotRow.capacity_orders.add(-1), SlotRow.reserved_orders.add(1)],
        condition=(SlotRow.state == "open") & (SlotRow.taken_orders < SlotRow.capacity_orders),
        refusal=refusal,
""",
        """        [SlotRow.capacity_orders.add(-1), SlotRow.reserved_orders.add(1)],
""",
    ),
)
