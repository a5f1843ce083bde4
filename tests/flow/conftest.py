"""One stack for all flow tests: started on free ports with data of its own, stopped at the end."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.paths import PRIVATE
from local.stack import Stack


@pytest.fixture(scope="session")
def stack(worker_id: str) -> Iterator[Stack]:
    """A running stack with our template deployed; empty at first."""
    state_dir = PRIVATE / f"test-flow-{worker_id}"
    shutil.rmtree(state_dir, ignore_errors=True)
    with Stack.start(state_dir) as running:
        yield running


@pytest.fixture(scope="session")
def stack_log(stack: Stack) -> Path:
    """The stack's log, for what should or should not be written to it."""
    return stack.state_dir / "stack.log"
