"""What an audit needs of the slots table; reads it whole."""

from linli.kernel import reads
from linli.slots.model import Slot
from linli.slots.rows import RULES, SlotRow, slot_of


def offered() -> dict[str, Slot]:
    """Every slot by its id."""
    others = (RULES, "LOCKER")
    rows = (row for row in reads.scan(SlotRow) if not row.pk.startswith(others))
    return {slot.slot_id: slot for slot in map(slot_of, rows)}
