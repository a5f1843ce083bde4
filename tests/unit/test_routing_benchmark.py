"""The public benchmark goes on where it was stopped, and says when a goal is missed."""

from pathlib import Path

import pytest

from benchmarks.routing.measured import OURS, PYVRP, Measured, Results, summary, verdict


def measured(engine: str, gap: float | None, name: str = "R1_2_1") -> Measured:
    return Measured("Homberger 200", name, 10.0, engine, 1, gap, 10.1)


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    first = Results(tmp_path / "results")
    assert first.known("R1_2_1", 10.0, OURS, 1) is None
    first.add(measured(OURS, 0.5))
    again = Results(tmp_path / "results")
    assert again.known("R1_2_1", 10.0, OURS, 1) == measured(OURS, 0.5)
    assert again.known("R1_2_1", 30.0, OURS, 1) is None
    assert again.of(["R1_2_1"]) == [measured(OURS, 0.5)]


@pytest.mark.parametrize(
    ("ours", "alone", "met"), [(0.5, 0.6, True), (0.7, 0.6, False), (1.1, 2.0, False)]
)
def test_a_missed_goal_is_said(
    ours: float, alone: float, met: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert summary([measured(OURS, ours), measured(PYVRP, alone)]) is met
    assert ("MISSED" in capsys.readouterr().out) is not met


def test_a_family_with_an_instance_without_answer_has_no_mean() -> None:
    assert not summary([measured(OURS, 0.5), measured(OURS, None, "C1_2_1")])
    assert verdict("Li & Lim", 30.0, {OURS: 2.5, PYVRP: 3.0}) == ("within 2 %: MISSED", False)
