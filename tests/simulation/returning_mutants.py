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
        "linli.boxes.bring",
        "        owed[box.holder_id] += box.deposit_fen\n",
        "        owed[boxes[0].holder_id or box.holder_id] += box.deposit_fen\n",
    ),
)
