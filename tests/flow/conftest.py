"""
A stack for each file of flow tests: on free ports, with data of its own, stopped at its end.

Whatever a test does to it, the audits must be clean after it, and no consumer of a stream has
failed: its records come late then, or end in a dead-letter queue.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.paths import PRIVATE
from local.stack import Stack


@pytest.fixture(scope="module")
def stack(worker_id: str) -> Iterator[Stack]:
    """
    A running stack with our template deployed; empty at first, its data gone at the end. Its
    folder is this process's own: two runs at once must not take one another's stack away.
    """
    state_dir = PRIVATE / f"test-flow-{worker_id}-{os.getpid()}"
    for left in PRIVATE.glob("test-flow-*"):
        if not Path(f"/proc/{left.name.rsplit('-', 1)[-1]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    with Stack.start(state_dir) as running:
        yield running
    shutil.rmtree(state_dir, ignore_errors=True)


@pytest.fixture(autouse=True)
def _audited(stack: Stack) -> Iterator[None]:
    """No guarantee is violated when the test ends, by the auditors' own door and the log."""
    yield
    token = stack.token(("auditor", "anywhere"))
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{stack.api_url}/v1/audits", headers=headers, timeout=60)
    assert answer.is_success, answer.text
    verdicts = {v["guarantee"]: v for v in answer.json()["verdicts"]}
    assert {"I1", "I2", "I3", "I4", "I5", "I6"} <= verdicts.keys()
    assert [v for v in verdicts.values() if v["verdict"] not in ("holds", "no_subject")] == []
    log = (stack.state_dir / "stack.log").read_text(errors="replace")
    assert [line for line in log.splitlines() if "stream batch of" in line] == []


@pytest.fixture(scope="module")
def stack_log(stack: Stack) -> Path:
    """The stack's log, for what should or should not be written to it."""
    return stack.state_dir / "stack.log"
