"""
How the tests are dealt out to the workers: evenly, but a stack is started only once; and that a
commit has one verdict: Hypothesis draws the same examples each time, new ones with
`LINLI_RANDOM=1`.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
settings.register_profile("repeatable", derandomize=True)
if not os.environ.get("LINLI_RANDOM"):
    settings.load_profile("repeatable")
FIRST = {"flow": 0, "local": 1, "simulation": 2}


class ByStack(LoadScopeScheduling):  # type: ignore[misc]
    """
    Keeps the tests that share a running stack on one worker, in their order, and begins with
    them: they wait more than they compute. All others go wherever a worker is free.

    xdist's own groups are marks in a test's id, which pytest 9.2 no longer lets it change.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = Path(file).parts[1]
        return {"flow": file, "local": folder}.get(folder, nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByStack:
    """Deal by stack."""
    return ByStack(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long."""
    items.sort(key=lambda item: FIRST.get(item.path.relative_to(TESTS).parts[0], 3))
