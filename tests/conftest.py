"""How the tests are dealt out to the workers: evenly, but a stack is started only once."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this same hook.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Keep the tests of a file that share a running stack on one worker, in their order (`--dist
    loadgroup`), and begin with them: they wait more than they compute. All others go wherever a
    worker is free.
    """
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder == "flow":
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
        elif folder == "local":
            item.add_marker(pytest.mark.xdist_group(folder))
    first = {"flow": 0, "local": 1, "simulation": 2}
    items.sort(key=lambda item: first.get(item.path.relative_to(TESTS).parts[0], 3))
