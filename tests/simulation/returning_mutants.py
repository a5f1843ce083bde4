"""Seeded defects of boxes that come back; see `mutants`."""

from tests.simulation.mutants import Mutant

RETURNING_MUTANTS = (
    Mutant(
        "a scan of the past moves the present",
        "returning",
        "linli.boxes.rules",
        """    if rfc3339(at) < box.seen_at:
        return "late"
""",
        "",
    ),
    Mutant(
        "a box that leaves a station is still counted there",
        "returning",
        "linli.boxes.sight",
        "    count_station(tx, [before], seen.station, forced=seen.forced)\n",
        "    assert count_station\n",
    ),
    Mutant(
        "a station takes what does not fit",
        "returning",
        "linli.boxes.stations",
        "    condition = None if forced else fits\n",
        "    condition = None\n",
    ),
    Mutant(
        "returns at the same moment are counted over one another",
        "returning",
        "linli.boxes.rewards",
        "    tx.put(row, condition=condition, refusal=ReturnsMoved())",
        "    tx.put(row)",
    ),
    Mutant(
        "a machine's message leaves no trace",
        "returning",
        "linli.boxes.machine",
        "        _keep(tx, message)\n    return TakenIn(seen.fate)",
        "    return TakenIn(seen.fate)",
    ),
    Mutant(
        "a converted deposit is owed again, and the box does not know",
        "returning",
        "linli.boxes.bring",
        "        put_box(tx, box, after)\n",
        "        assert put_box\n",
    ),
    Mutant(
        "who holds a box is paid for another's",
        "returning",
        "linli.boxes.deposits",
        "        owed[box.holder_id] += box.deposit_fen\n",
        "        owed[boxes[0].holder_id or box.holder_id] += box.deposit_fen\n",
    ),
    Mutant(
        "the ledger lets go of a deposit, and nobody owes it",
        "returning",
        "linli.boxes.deposits",
        "            payments.owe_deposit(tx, deposit, now)\n",
        "            assert deposit and payments\n",
    ),
    Mutant(
        "each box of an order brings the deposits of all of them",
        "returning",
        "linli.boxes.deposits",
        "            deposit = Deposit(order_id, holder_id, community_id, transfer_id, fen)\n",
        "            deposit = Deposit(order_id, holder_id, community_id, transfer_id, 2 * fen)\n",
    ),
    Mutant(
        "the second box of an order finds its deposit given back already",
        "returning",
        "linli.payments.deposits",
        """    told = f"{deposit.transfer_id}/{deposit.order_id}"
""",
        """    told = f"{attempts.get(deposit.order_id, '')}/{deposit.order_id}"
""",
    ),
)
