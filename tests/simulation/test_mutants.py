"""The simulation and the audits have teeth: each seeded defect is noticed within a few seeds."""

import pytest

from tests.simulation.credit_mutants import CREDIT_MUTANTS
from tests.simulation.dispatch_mutants import DISPATCH_MUTANTS
from tests.simulation.flows import FLOWS
from tests.simulation.mutants import MUTANTS, Mutant, applied
from tests.simulation.order_mutants import ORDER_MUTANTS
from tests.simulation.presale_mutants import PRESALE_MUTANTS
from tests.simulation.returning_mutants import RETURNING_MUTANTS
from tests.simulation.stock_mutants import STOCK_MUTANTS
from tests.support.world import first_caught

ALL = (
    CREDIT_MUTANTS
    + MUTANTS
    + ORDER_MUTANTS
    + PRESALE_MUTANTS
    + STOCK_MUTANTS
    + RETURNING_MUTANTS
    + DISPATCH_MUTANTS
)


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_a_seeded_defect_is_noticed(mutant: Mutant, capsys: pytest.CaptureFixture[str]) -> None:
    with applied(mutant):
        caught = first_caught(FLOWS[mutant.flow], range(mutant.seeds))
    assert caught is not None, f"not noticed in {mutant.seeds} seeds of {mutant.flow}"
    seed, violations = caught
    with capsys.disabled():
        print(f"\n{mutant.name}: seed {seed + 1} of {mutant.flow}: {violations[0][:120]}")


def test_the_product_is_whole_again_after_a_mutant() -> None:
    for mutant in ALL:
        with applied(mutant):
            pass
    assert first_caught(FLOWS["selling"], range(3)) is None
