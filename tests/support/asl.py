"""
State machines of `statemachines/` run in this process: the emulator's own interpreter (JSONata,
Retry, Catch, Map, variables) over the real handlers of `functions/`, on the open engine.

    with clock_at(AFTER):
        machine = Asl("route_wave", {"SolveRoutesArn": by_insertion})
        machine.fault = Trouble("AllocateWaveArn", How.CRASH_AFTER)
        waves.start_due(machine, AFTER)

Nobody waits between attempts. A fault strikes a task the first time it is called, or every time.
"""

import importlib.util
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ministack.services import stepfunctions as interpreter

from linli.kernel import tables
from linli.routing.codec import plan_to_json, problem_from_json
from linli.routing.insertion import insertion

MACHINES = Path(__file__).parents[2] / "statemachines"
Task = Callable[[dict[str, Any]], Any]
_runtime: Any = interpreter


class How(StrEnum):
    """What happens to a task's call."""

    ERROR = "error"
    THROTTLE = "throttle"
    TIMEOUT = "timeout"
    CRASH_AFTER = "effect, then crash"
    ERROR_AFTER = "effect, then error"


_ERRORS = {
    How.ERROR: "RuntimeError",
    How.THROTTLE: "Lambda.TooManyRequestsException",
    How.TIMEOUT: "States.Timeout",
    How.CRASH_AFTER: "Lambda.Unknown",
    How.ERROR_AFTER: "RuntimeError",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of the task that the placeholder names (or `getItem`), once or always."""

    task: str
    how: How
    always: bool = False


@cache
def _definition(name: str) -> Any:
    """A machine's definition, read and never changed; its placeholders become names."""
    text = (MACHINES / f"{name}.asl.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(re.sub(r"\$\{(\w+)\}", r"\1", text))


class Asl:
    """A machine, as `linli.kernel.machines.Machine`: each run by its name, at once."""

    def __init__(self, name: str, tasks: dict[str, Task] | None = None) -> None:
        self._definition = _definition(name)
        self._tasks = tasks or {}
        self.hear: Callable[[str], Any] = lambda token: None
        """What somebody has answered to a task's token by now; None: nothing, in all its time."""
        self.fault: Trouble | None = None
        self.also: Trouble | None = None
        self.calls: Counter[str] = Counter()
        self.runs: dict[str, str] = {}

    def tasks(self) -> set[str]:
        """What its tasks call, as a fault names it."""
        text = json.dumps(self._definition)
        reads = {"getItem"} if "dynamodb:getItem" in text else set()
        return reads | set(re.findall(r'"FunctionName": "(\w+)"', text))

    def start(self, name: str, payload: dict[str, Any]) -> None:
        """Run to the end, unless there was such a run."""
        if name in self.runs:
            return
        self.runs[name] = "RUNNING"
        context: dict[str, Any] = {"QueryLanguage": "JSONata", "variables": {}}
        context |= {"Execution": {"Id": name}, "StateMachine": {"Name": "m"}}
        states, first = self._definition["States"], self._definition["StartAt"]
        execution = {"executionArn": name, "events": [], "status": "RUNNING"}
        with self._own_resources():
            try:
                _runtime._run_sub_machine(states, first, payload, execution, context)
                self.runs[name] = "SUCCEEDED"
            except _runtime._ExecutionError as error:
                self.runs[name] = f"FAILED {error.error}"

    def ended(self, name: str) -> bool:
        """Whether the run is over."""
        return self.runs.get(name, "RUNNING") != "RUNNING"

    @contextmanager
    def _own_resources(self) -> Iterator[None]:
        own = ("_invoke_resource_with_timeout", "_invoke_with_callback", "_add_event")
        kept = {n: getattr(_runtime, n) for n in own}
        scale = _runtime._SFN_WAIT_SCALE
        _runtime._invoke_resource_with_timeout = lambda resource, sent, _: self._call(
            resource, sent
        )
        _runtime._invoke_with_callback = self._wait
        _runtime._add_event = lambda *_: None
        _runtime._SFN_WAIT_SCALE = 0
        try:
            yield
        finally:
            _runtime._SFN_WAIT_SCALE = scale
            for name, value in kept.items():
                setattr(_runtime, name, value)

    def _wait(self, resource: str, sent: dict[str, Any], token: str, _state: Any) -> Any:
        self._call(resource, sent)
        answer = self.hear(token)
        if answer is None:
            raise _runtime._ExecutionError("States.Timeout", "nobody answered")
        return json.loads(answer)

    def _call(self, resource: str, sent: dict[str, Any]) -> Any:
        task = sent["FunctionName"] if "lambda" in resource else "getItem"
        self.calls[task] += 1
        fault = next((each for each in (self.fault, self.also) if each and each.task == task), None)
        strikes = fault is not None and (fault.always or self.calls[task] == 1)
        if fault and strikes and fault.how not in (How.CRASH_AFTER, How.ERROR_AFTER):
            raise _runtime._ExecutionError(_ERRORS[fault.how], "injected")
        answer = self._effect(task, json.loads(json.dumps(sent)))
        if fault and strikes:
            raise _runtime._ExecutionError(_ERRORS[fault.how], "injected")
        return answer

    def _effect(self, task: str, sent: dict[str, Any]) -> Any:
        if task == "getItem":
            known = {key: sent[key] for key in ("Key", "ConsistentRead")}
            name = tables.name_of(tables.Table.WAVES)
            return tables.connection().dispatch("GetItem", {"TableName": name, **known})
        run = self._tasks.get(task) or _real(task)
        try:
            payload = run(sent["Payload"])
        except Exception as error:
            raise _runtime._ExecutionError(type(error).__name__, str(error)) from error
        return {"StatusCode": 200, "Payload": json.loads(json.dumps(payload))}


@cache
def _real(task: str) -> Task:
    """The handler behind a placeholder: `FreezeWaveArn` is `functions/freeze_wave`."""
    folder = re.sub(r"(?<!^)(?=[A-Z])", "_", task.removesuffix("Arn")).lower()
    path = MACHINES.parent / "functions" / folder / "handler.py"
    spec = importlib.util.spec_from_file_location(f"functions.{folder}.task", path)
    assert spec is not None, f"no function {folder}"
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(payload: dict[str, Any]) -> Any:
        return module.lambda_handler(payload, None)

    return run


def by_insertion(payload: dict[str, Any]) -> dict[str, Any]:
    """Stands for the solver's function, which takes seconds."""
    return {"plan": plan_to_json(insertion(problem_from_json(payload["problem"])))}


def done(payload: dict[str, Any]) -> dict[str, Any]:
    """Stands for a task that another test judges."""
    return payload


@contextmanager
def clock_at(now: datetime) -> Iterator[None]:
    """Let handlers that are loaded from here on see `now` as the present, by their clock file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "clock")
        file.write_text(str((now - datetime.now(UTC)).total_seconds()))
        kept = os.environ.get("CLOCK_FILE")
        os.environ["CLOCK_FILE"] = str(file)
        _real.cache_clear()
        try:
            yield
        finally:
            _real.cache_clear()
            if kept is None:
                del os.environ["CLOCK_FILE"]
            else:
                os.environ["CLOCK_FILE"] = kept
