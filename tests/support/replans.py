"""Planning anew in this process: the tasks of `replan_routes`, in the machine's order."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from linli import dispatch, waves
from linli.kernel.ids import uuid7
from linli.routing.codec import plan_to_json, problem_from_json
from linli.routing.insertion import insertion
from linli.waves import Replan, ReplanView, RoutesMoved
from linli.waves.changes import ReplanStep
from linli.waves.rows import BodyRow, wave_key
from tests.support.community import AFTER, DISPATCHER, SLOT_ID


class Replanner:
    """
    Runs the tasks at once; `before` sees the name of each first and may raise: its failure.

    Like the machine it frames anew, up to five times, when something has moved.
    """

    def __init__(self, before: Callable[[str], None] = lambda task: None) -> None:
        self.runs: dict[str, bool] = {}
        self.before = before
        self.now = AFTER

    def start(self, name: str, payload: dict[str, Any]) -> None:
        """Run at once, unless there was such a run."""
        if name in self.runs:
            return
        self.runs[name] = False
        try:
            self._run(payload)
        except Exception as error:
            step = ReplanStep(**payload, error=type(error).__name__, cause=str(error))
            waves.give_up_replan(step, self.now)
        self.runs[name] = True

    def ended(self, name: str) -> bool:
        """Whether the run is over."""
        return self.runs.get(name, False)

    def _run(self, payload: dict[str, Any]) -> None:
        for round_ in range(1, 6):
            self.before("frame")
            step = ReplanStep(**payload, round=round_)
            conditions = dispatch.conditions(step.wave_id, self.now)
            framed = waves.frame_replan(step, self.now, conditions)
            if framed["state"] != "framed":
                return
            more = self._solve(payload["wave_id"], framed["problem_key"])
            self.before("swap")
            try:
                waves.swap_routes(step.model_copy(update=more), self.now)
            except RoutesMoved:
                if round_ == 5:
                    raise
                continue
            return

    def _solve(self, wave_id: str, key: str) -> dict[str, Any]:
        try:
            self.before("solve")
        except ValueError:
            return {"error": "ValueError"}
        row = BodyRow.get(wave_key(wave_id), key)
        problem = problem_from_json(json.loads(row.body)["problem"])
        return {"plan": json.loads(json.dumps(plan_to_json(insertion(problem))))}


def change(kind: str, **fields: Any) -> Replan:
    """A change with an id of its own."""
    return Replan.model_validate({"id": uuid7(), "kind": kind} | fields)


def ask(machine: Replanner, what: Replan, now: datetime | None = None) -> ReplanView:
    """The dispatcher asks; what came of it."""
    machine.now = now or machine.now
    waves.replan_for(SLOT_ID, what, DISPATCHER, machine, machine.now)
    return waves.replan_view(SLOT_ID, str(what.id), DISPATCHER)
