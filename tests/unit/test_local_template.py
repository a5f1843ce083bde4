"""The template as the local stack deploys it: translated once, for whatever ports it runs on."""

from pathlib import Path
from typing import Any

import pytest

from local.deploy import template
from local.paths import ROOT

SMALL = ROOT / "tests" / "local" / "template.yaml"


def deployed(clock_file: str) -> dict[str, Any]:
    given = {"ClockFile": clock_file, "Issuer": f"http://127.0.0.1/{clock_file}"}
    known = template.declared_parameters(SMALL)
    parameters = {name: value for name, value in given.items() if name in known}
    return template.for_emulator(SMALL, parameters, lambda _, suffix: ("bucket", f"key{suffix}"))


def test_a_kept_translation_is_what_the_translator_says_of_the_values_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template, "BUILD", tmp_path)
    first = [deployed('a "quoted" one'), deployed("another")]
    kept = list((tmp_path / "translated").iterdir())
    assert len(kept) == 2  # The application and the one nested in it, for both together.
    assert [deployed('a "quoted" one'), deployed("another")] == first
    said = template.sam_to_cloudformation
    monkeypatch.setattr(template, "_translated", said)
    assert [deployed('a "quoted" one'), deployed("another")] == first
