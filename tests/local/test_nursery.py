"""A function's process is a fork that has its layers loaded, and else its own."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator.nursery import NAME
from local.stack import Stack

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="functions start alone")


def ask(stack: Stack, what: str) -> Any:
    answer = stack.client("lambda").invoke(
        FunctionName=stack.resources["ProbeFunction"], Payload=json.dumps({"ask": what})
    )
    return json.loads(json.loads(answer["Payload"].read())["body"])


def processes(stack: Stack, part: str) -> Iterator[int]:
    """The stack's processes with this in their command lines, but those that have just ended."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_text()
            ended = " Z " in (folder / "stat").read_text()
        except OSError:
            continue  # It ended while we looked.
        if f"{stack.state_dir}/tmp/" in command and part in command and not ended:
            yield int(folder.name)


def functions(stack: Stack) -> set[int]:
    """Those of the nursery's processes that are functions: who has loaded one has its name."""
    names = {n: Path(f"/proc/{n}/comm").read_text() for n in processes(stack, "nursery.py")}
    return {number for number, name in names.items() if name.startswith("linli-")}


def eventually(look: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not look() and time.monotonic() < end:
        time.sleep(0.05)
    return look()


def end_functions(stack: Stack) -> None:
    for bootstrap in processes(stack, "_local_runtime.py"):
        os.kill(bootstrap, signal.SIGKILL)


def test_a_function_ends_with_its_bootstrap_and_another_is_born(stack: Stack) -> None:
    ask(stack, "imports")
    before = functions(stack)
    assert before
    end_functions(stack)
    assert eventually(lambda: not functions(stack) & before)
    ask(stack, "imports")
    assert functions(stack)


def test_without_a_nursery_a_function_starts_by_itself_and_sees_the_same(stack: Stack) -> None:
    born = ask(stack, "environment"), ask(stack, "imports")
    socket = stack.state_dir / "tmp" / NAME
    socket.rename(socket.with_suffix(".away"))
    try:
        end_functions(stack)
        assert eventually(lambda: not functions(stack))
        alone = ask(stack, "environment"), ask(stack, "imports")
        assert not functions(stack)
    finally:
        socket.with_suffix(".away").rename(socket)
        end_functions(stack)
    assert alone[1] == born[1]
    assert alone[0].keys() == born[0].keys()
