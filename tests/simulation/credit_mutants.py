"""Seeded defects of credit, which the flow `crediting` must notice."""

from tests.simulation.mutants import Mutant

CREDIT_MUTANTS = (
    Mutant(
        "a programme gives more rewards than the day has",
        "crediting",
        "linli.credit.redeem",
        "        condition=CountRow.counted.does_not_exist() | (CountRow.counted < cap),\n"
        "        refusal=_PartGone(),\n",
        "",
    ),
    Mutant(
        "all together spend more points on orders than the day allows",
        "crediting",
        "linli.credit.quota",
        "            condition=CountRow.counted.does_not_exist() | "
        "(CountRow.counted <= cap - points),\n            refusal=gone,\n",
        "",
    ),
    Mutant(
        "a cancelled order keeps its part of what all may spend",
        "crediting",
        "linli.credit.settle",
        "    quota.give_back(tx, row, units)\n",
        "    assert units\n",
    ),
    Mutant(
        "two at once award a deed once too often",
        "crediting",
        "linli.credit.window",
        "        condition=same,\n        refusal=moved,\n",
        "        condition=same if moved is None else None,\n",
    ),
    Mutant(
        "rewards are bought with points that nobody has",
        "crediting",
        "linli.credit.redeem",
        "        condition=BalanceRow.available_units >= points,\n"
        "        refusal=NotEnoughPoints(),\n",
        "",
    ),
    Mutant(
        "a refused redemption is not recorded",
        "crediting",
        "linli.credit.redeem",
        "    try:\n        with transaction() as tx:\n            tx.put(row, ",
        "    try:\n        with transaction():\n            dict(row=row, ",
    ),
    Mutant(
        "a coupon is held whoever has it",
        "crediting",
        "linli.credit.coupons",
        "        condition=(CouponRow.state == CouponState.AVAILABLE.value)\n"
        "        & (CouponRow.expires_at > rfc3339(now)),\n"
        "        refusal=CouponUnavailable(),\n",
        "",
    ),
    Mutant(
        "points expire that an order holds",
        "crediting",
        "linli.credit.sweep",
        "    points = Points(max(0, left - held))\n",
        "    points = Points(max(0, left))\n",
        seeds=80,
    ),
    Mutant(
        "a cancelled order keeps its coupons",
        "crediting",
        "linli.orders.hold",
        "        credit.free_coupon(tx, resident_id=who, coupon_id=key, "
        "order_id=order.order_id, now=now)\n",
        "        assert key\n",
    ),
    Mutant(
        "a delivered order does not use up its coupons",
        "crediting",
        "linli.orders.hold",
        "        credit.use_coupon(tx, resident_id=who, coupon_id=key, order_id=order.order_id)\n",
        "        assert key\n",
    ),
    Mutant(
        "a cancelled order still promises a commission",
        "crediting",
        "linli.orders.hold",
        "        leaders.void(tx, transfer_id=commission_id(order), "
        "to=order.attribution, now=now)\n",
        "        assert order.attribution\n",
    ),
    Mutant(
        "a reversed deed keeps its weight in the score",
        "crediting",
        "linli.credit.reverse",
        "        score.take(tx, resident_id, community_id, weight)\n",
        "        assert weight\n",
    ),
    Mutant(
        "a deed's points go into no lot",
        "crediting",
        "linli.credit.hold",
        "    lots.add(tx, resident_id, points, now)\n",
        "    assert points\n",
    ),
    Mutant(
        "points come out of the balance and of no lot",
        "crediting",
        "linli.credit.redeem",
        "[BalanceRow.available_units.add(-points), BalanceRow.spent_units.add(points)]",
        "[BalanceRow.available_units.add(-points)]",
    ),
)
