"""Lock files pin everything with hashes, agree with one another, and name no machine."""

import re
from pathlib import Path

import pytest

from local.paths import ROOT

LOCKS = sorted(
    [*(ROOT / "requirements").glob("*.txt"), *(ROOT / "layers").glob("*/requirements.txt")]
)
PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: f"{lock.parent.name}-{lock.name}")
def test_a_lock_pins_each_package_with_hashes_and_names_no_place(lock: Path) -> None:
    text = lock.read_text()
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#", "-"))]
    assert entries
    assert all("==" in entry and entry.endswith("\\") for entry in entries)
    assert text.count("--hash=sha256:") >= len(entries)
    assert not re.search(r"https?://|file:|^--(index|find|extra)|/(home|root|work|tmp)/", text)


def test_what_functions_import_is_one_version_in_tests_and_on_lambda() -> None:
    here = dict(PIN.findall((ROOT / "requirements" / "local.txt").read_text()))
    layer = dict(PIN.findall((ROOT / "layers" / "deps" / "requirements.txt").read_text()))
    assert layer
    assert {name: here.get(name) for name in layer} == layer


def test_tests_run_with_the_versions_that_the_stack_runs_with() -> None:
    local = dict(PIN.findall((ROOT / "requirements" / "local.txt").read_text()))
    dev = dict(PIN.findall((ROOT / "requirements" / "dev.txt").read_text()))
    assert {name: dev.get(name) for name in local} == local
