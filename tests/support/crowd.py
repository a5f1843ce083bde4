"""Fifty residents who act at the same moment, as threads on the real engine."""

from collections.abc import Callable, Sequence
from threading import Barrier, Thread
from typing import Any

from linli.kernel.errors import Contended, Refused

CROWD = tuple(f"r-{n:02}" for n in range(50))
SENDINGS = 3
"""How often a phone sends what was answered to be busy."""


def at_once(act: Callable[[str], Any], people: Sequence[str] = CROWD) -> list[Any]:
    """What each is answered, refusals included; who was told of contention sends it again."""
    start, answers = Barrier(len(people)), dict[str, Any]()

    def run(who: str) -> None:
        start.wait()
        for _ in range(SENDINGS):
            try:
                answers[who] = act(who)
            except Contended as busy:
                answers[who] = busy
                continue
            except Refused as refusal:
                answers[who] = refusal
            return

    threads = [Thread(target=run, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(answers.values())
