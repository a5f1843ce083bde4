"""A stack with the small application beside this file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.paths import PRIVATE
from local.stack import Stack

TEMPLATE = Path(__file__).parent / "template.yaml"


@pytest.fixture(scope="session")
def stack(worker_id: str) -> Iterator[Stack]:
    """The running stack of the small application."""
    state_dir = PRIVATE / f"test-local-{worker_id}"
    shutil.rmtree(state_dir, ignore_errors=True)
    with Stack.start(state_dir, template=TEMPLATE) as running:
        yield running
