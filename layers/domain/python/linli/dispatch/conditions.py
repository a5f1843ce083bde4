"""What a wave's plan has to know of its day: how the couriers stand, and whether it is hot."""

from datetime import date, datetime

from linli import fleet, resilience
from linli.dispatch.needs import fatigue_of, rest_of, spans_of
from linli.dispatch.rows import DUTY, DutyRow, courier_key
from linli.dispatch.standing import standing_of
from linli.kernel import reads
from linli.kernel.time import local_date
from linli.waves.conditions import Conditions, Standing
from linli.waves.express import slot_of_wave
from linli.waves.rules import horizon_of


def conditions(wave_id: str, now: datetime) -> Conditions:
    """
    The conditions under which a wave is planned, or planned anew, at `now`.

    Raises:
        UnknownSlot: There is no such slot.
    """
    slot = slot_of_wave(wave_id, now)
    on = local_date(max(slot.starts_at, now))
    return Conditions(
        hot=resilience.is_hot(slot.community_id, on),
        standings=standings(slot.community_id, now, horizon_of(slot, now), on),
    )


def standings(community_id: str, now: datetime, until: datetime, on: date) -> dict[str, Standing]:
    """
    How each courier of the community stands for a plan that ends at `until`, in one batch read.

    Args:
        on: The local day whose work counts.
    """
    ids = [each.courier_id for each in fleet.couriers(community_id)]
    found = reads.batch((DutyRow, courier_key(each), DUTY) for each in ids)
    duties = {each: found.get(DutyRow, courier_key(each), DUTY) for each in ids}
    return {
        each: standing_of(rest_of(duty), spans_of(duty), fatigue_of(duty), now, until, on)
        for each, duty in duties.items()
    }
