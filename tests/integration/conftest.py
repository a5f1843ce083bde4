"""Doors are tried by day: what a courier may do depends on the hour, and tests run at any."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linli.kernel.door import settings
from linli.kernel.time import ZONE


@pytest.fixture(scope="session")
def noon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clock file by which the session began at noon of its local day."""
    now = datetime.now(UTC)
    at_noon = now.astimezone(ZONE).replace(hour=12, minute=0)
    clock: Path = tmp_path_factory.mktemp("clock") / "clock"
    clock.write_text(str((at_noon - now).total_seconds()))
    return clock


@pytest.fixture(autouse=True)
def _by_day(noon: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let doors see noon, unless a test has a clock of its own, and forget its settings."""
    monkeypatch.setenv("CLOCK_FILE", str(noon))
    settings.cache_clear()
    yield
    settings.cache_clear()
