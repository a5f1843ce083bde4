"""
A process of the race: `python -m linli_solver.worker FD` over a connected socket.

It gets one job, tells of every better answer, takes those of others, and ends with `done` or
`failed`. No semaphores, queues or shared memory: Lambda has none of them.
"""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from linli_solver.link import Link, Order, PipeLink


@dataclass(frozen=True, slots=True)
class Job:
    """`search` is `module:function`, called with the subject, the order and a link."""

    search: str
    subject: Any
    order: Order


def search_of(name: str) -> Callable[[Any, Order, Link], Any]:
    """
    The function of a `module:function` name.

    Raises:
        ImportError, OSError: What it needs is not there.
    """
    module, _, function = name.partition(":")
    found: Callable[[Any, Order, Link], Any] = getattr(importlib.import_module(module), function)
    return found


def main(descriptor: int) -> None:
    """Run the job that comes over this descriptor."""
    with Connection(descriptor) as connection:
        job: Job = connection.recv()
        try:
            answer = search_of(job.search)(job.subject, job.order, PipeLink(connection))
        except Exception as failure:  # An engine's failure is news to the race, not its end.
            connection.send(("failed", f"{type(failure).__name__}: {failure}"))
        else:
            connection.send(("done", answer))


if __name__ == "__main__":
    main(int(sys.argv[1]))
