"""The slot of a wave; an express wave, which emergencies make, has the present for one."""

from datetime import datetime, timedelta

from linli import slots
from linli.slots import PriceRule, Slot

EXPRESS = "express"
"""The channel in the id of an express wave."""
LASTS = timedelta(hours=1)


def slot_of_wave(wave_id: str, now: datetime) -> Slot:
    """
    The slot that a wave delivers.

    Raises:
        UnknownSlot: There is none.
    """
    community_id, channel, _ = wave_id.split(".")
    if channel != EXPRESS:
        return slots.read(wave_id)
    return Slot(
        slot_id=wave_id,
        community_id=community_id,
        channel=channel,
        starts_at=now,
        ends_at=now + LASTS,
        cutoff_at=now,
        capacity_orders=0,
        taken_orders=0,
        rule=PriceRule(price_fen=0),
        state="closed",
    )
