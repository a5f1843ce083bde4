"""Searches that misbehave, each in its own way, for the race to cope with."""

import os
import time
from typing import Any

from linli_solver.instances.insertion import heuristic
from linli_solver.instances.model import Routing


def raises(subject: Any, order: Any, link: Any) -> None:
    raise RuntimeError("broken on purpose")


def exits(subject: Any, order: Any, link: Any) -> None:
    os._exit(3)


def hangs(subject: Any, order: Any, link: Any) -> None:
    time.sleep(600)


def lies(subject: Any, order: Any, link: Any) -> Routing:
    return Routing(((0, (1, 1)),))


def gives_nothing(subject: Any, order: Any, link: Any) -> None:
    return None


def answers(subject: Any, order: Any, link: Any) -> Routing:
    return heuristic(subject)
