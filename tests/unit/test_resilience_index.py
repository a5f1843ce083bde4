"""The Emergency Response Index explains itself and starts the reserve when it should."""

from datetime import UTC, datetime
from typing import Any

import pytest

from linli.kernel.ids import uuid7
from linli.resilience.index import ACTIVATE_AT, WEIGHTS, assess
from linli.resilience.model import Assessment, Warn


def assessed(level: str, kind: str = "storm", **observed: Any) -> Assessment:
    return assess(
        Warn.model_validate(
            {
                "id": uuid7(),
                "community_id": "wulin",
                "kind": kind,
                "level": level,
                "issued_at": datetime(2024, 6, 28, tzinfo=UTC),
                "observed": observed,
            }
        )
    )


WORST = {"late_orders_permille": 1000, "stranded_riders": 99, "network": "down"}


@pytest.mark.parametrize(
    ("level", "observed", "index", "because"),
    [
        ("blue", {}, 12, "calm"),
        ("yellow", {}, 25, "warning_level"),
        ("orange", {}, 37, "warning_level"),
        ("red", {}, 50, "warning_level"),
        ("blue", WORST, 62, "index"),
        ("blue", {"stranded_riders": 5, "network": "degraded"}, 34, "calm"),
        ("yellow", {"late_orders_permille": 180, "stranded_riders": 3}, 46, "warning_level"),
        ("red", WORST, 100, "warning_level"),
    ],
)
def test_from_yellow_on_or_by_its_index_a_warning_activates(
    level: str, observed: dict[str, Any], index: int, because: str
) -> None:
    found = assessed(level, **observed)
    assert (found.index, found.because) == (index, because)
    assert found.activates == (because != "calm")
    assert (index >= ACTIVATE_AT) <= found.activates


@pytest.mark.parametrize("observed", [{}, WORST, {"late_orders_permille": 299}])
def test_the_parts_add_up_to_the_index(observed: dict[str, Any]) -> None:
    found = assessed("orange", **observed)
    assert sum(part.points for part in found.parts) == found.index
    assert {part.name: part.weight for part in found.parts} == WEIGHTS
    assert sum(WEIGHTS.values()) == 100


def test_what_was_not_observed_counts_nothing_and_says_so() -> None:
    unseen = {p.name: p for p in assessed("yellow").parts}["stranded_riders"]
    assert (unseen.observed, unseen.points) == (None, 0)


def test_an_outage_says_by_itself_that_the_network_is_degraded() -> None:
    network = {p.name: p for p in assessed("blue", kind="outage").parts}["network"]
    assert (network.observed, network.severity) == ("degraded", 50)
