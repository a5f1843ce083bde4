"""
Whatever the schedule and the faults, the guarantees hold and nobody is told two things.

`LINLI_SEEDS=5000 LINLI_FIRST_SEED=1000 pytest tests/simulation` for more and other seeds; a seed
that fails is printed, and replays with `LINLI_SEEDS=1 LINLI_FIRST_SEED=<seed>`.
"""

import pytest

from tests.simulation.flows import FLOWS
from tests.support.world import FIRST_SEED, SEEDS, first_caught, play

PARTS = 6
SEEDS_A_FLOW = SEEDS or 30  # Nearly five hundred in all.


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("flow", FLOWS)
def test_no_schedule_and_no_fault_breaks_a_guarantee(flow: str, part: int) -> None:
    seeds = range(FIRST_SEED + part, FIRST_SEED + SEEDS_A_FLOW, PARTS)
    caught = first_caught(FLOWS[flow], seeds)
    assert caught is None, f"LINLI_SEEDS=1 LINLI_FIRST_SEED={caught[0]}: {flow}: {caught[1]}"


@pytest.mark.parametrize("flow", FLOWS)
def test_a_seed_is_one_schedule(flow: str) -> None:
    one, again, other = (play(FLOWS[flow], seed) for seed in (7, 7, 8))
    assert one.baton.trace == again.baton.trace != other.baton.trace
    assert one.answers == again.answers
    assert one.db.faults == again.db.faults


@pytest.mark.parametrize("flow", FLOWS)
def test_the_quick_sdk_does_as_the_real_one(flow: str) -> None:
    for seed in (1, 2):
        play(FLOWS[flow], seed)  # The first of a kind furnishes its world call by call.
        real, quick = (play(FLOWS[flow], seed, quick=which) for which in (False, True))
        assert real.baton.trace == quick.baton.trace
        assert real.answers == quick.answers
        assert real.db.faults == quick.db.faults
        assert real.db.calls == quick.db.calls
        assert real.db.written_units == quick.db.written_units
