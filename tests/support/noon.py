"""The doors' clock stands at the village's noon."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linli.kernel import door
from tests.support.village import NOON


@contextmanager
def at_noon(folder: Path, later: timedelta = timedelta()) -> Iterator[None]:
    """Doors that are loaded within answer as if it were noon, or so much later."""
    file = folder / "clock"
    file.write_text(str((NOON + later - datetime.now(UTC)).total_seconds()))
    kept = door.settings().model_copy(update={"clock_file": str(file)})
    module: Any = door
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "settings", lambda: kept)
        yield
