"""The fallback machine in this process: the tasks of `fall_back`, in order, with its token."""

import json
from datetime import datetime
from typing import Any

from linli import resilience, waves


class InProcess:
    """
    Runs each execution up to its wait, and from the answer of its token to the end.

    Like Step Functions it knows each run by its name, and a token can be answered once.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.inputs: dict[str, dict[str, Any]] = {}
        self.waiting: dict[str, str] = {}
        self.over: set[str] = set()
        self.answered: list[str] = []
        self.dead = False
        """Whether executions die at their start, as they do when the region is away."""

    def start(self, name: str, payload: dict[str, Any]) -> None:
        """Run as far as the wait, unless there was such a run."""
        if name in self.inputs:
            assert self.inputs[name] == payload, "AWS refuses the name with another input"
            return
        self.inputs[name] = payload
        if self.dead:
            self.over.add(name)
            return
        emergency_id = payload["emergency_id"]
        resilience.activate(emergency_id, self.now)
        resilience.pack(emergency_id, waves.open_manifests, self.now)
        token = f"token-{name}"
        self.waiting[token] = emergency_id
        resilience.hold(emergency_id, token, None, self)

    def ended(self, name: str) -> bool:
        """Whether the run is over."""
        return name in self.over

    def succeed(self, token: str, output: str) -> bool:
        """Go on to the end; False if the token was answered before."""
        if token not in self.waiting:
            return False
        emergency_id = self.waiting.pop(token)
        self.answered.append(token)
        resilience.close(emergency_id, json.loads(output)["how"], None, self.now)
        self.over.add(emergency_id)
        return True
