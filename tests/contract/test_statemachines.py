"""State machines hold together: states, targets, time-outs, retries, catches, placeholders."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MACHINES = sorted((ROOT / "statemachines").glob("*.asl.yaml"))
State = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short functions as their arguments."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: suffix + str(node.value))

TEMPLATE = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Loader)["Resources"]
DEPLOYED = {
    resource["Properties"]["DefinitionUri"]: resource["Properties"]
    for resource in TEMPLATE.values()
    if resource["Type"] == "AWS::Serverless::StateMachine"
}


def definition(path: Path) -> State:
    machine: State = yaml.safe_load(path.read_text())
    return machine


def levels(machine: State) -> Iterator[State]:
    """The machine, and each machine inside its Maps and Parallels."""
    yield machine
    for state in machine["States"].values():
        inner = [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for each in inner + state.get("Branches", []):
            yield from levels(each)


def targets(state: State) -> list[str]:
    """Where a state may go."""
    ways = [state, *state.get("Catch", []), *state.get("Choices", [])]
    return [way["Next"] for way in ways if "Next" in way] + (
        [state["Default"]] if "Default" in state else []
    )


def tasks(path: Path) -> list[tuple[str, State]]:
    return [
        (name, state)
        for level in levels(definition(path))
        for name, state in level["States"].items()
        if state["Type"] == "Task"
    ]


def by_name(path: Path) -> str:
    return path.name


def test_every_machine_is_deployed_and_the_reverse() -> None:
    assert {f"statemachines/{path.name}" for path in MACHINES} == set(DEPLOYED)


@pytest.mark.parametrize("path", MACHINES, ids=by_name)
def test_every_state_is_reached_and_every_target_exists(path: Path) -> None:
    for level in levels(definition(path)):
        states = level["States"]
        reached: set[str] = set()
        open_names = [level["StartAt"]]
        while open_names:
            name = open_names.pop()
            assert name in states, f"no state is called {name}"
            if name not in reached:
                reached.add(name)
                open_names += targets(states[name])
        assert reached == set(states)


@pytest.mark.parametrize("path", MACHINES, ids=by_name)
def test_every_path_ends(path: Path) -> None:
    for level in levels(definition(path)):
        for name, state in level["States"].items():
            ends = state.get("End") or state["Type"] in ("Succeed", "Fail")
            assert bool(ends) != bool("Next" in state or state["Type"] == "Choice"), name


@pytest.mark.parametrize("path", MACHINES, ids=by_name)
def test_every_task_has_a_time_out_retries_and_a_catch(path: Path) -> None:
    assert definition(path)["QueryLanguage"] == "JSONata"
    for name, state in tasks(path):
        assert state.get("TimeoutSeconds", 0) > 0, name
        assert state.get("Retry"), name
        assert any(each["ErrorEquals"] == ["States.ALL"] for each in state.get("Catch", [])), name


@pytest.mark.parametrize("path", MACHINES, ids=by_name)
def test_retries_are_for_faults_and_end(path: Path) -> None:
    for name, state in tasks(path):
        for retry in state["Retry"]:
            assert not {"States.ALL", "States.TaskFailed"} & set(retry["ErrorEquals"]), name
            assert retry["MaxAttempts"] <= 10, name


@pytest.mark.parametrize("path", MACHINES, ids=by_name)
def test_placeholders_are_exactly_the_substitutions(path: Path) -> None:
    used = set(re.findall(r"\$\{(\w+)\}", path.read_text()))
    assert used == set(DEPLOYED[f"statemachines/{path.name}"]["DefinitionSubstitutions"])


@pytest.mark.parametrize("path", MACHINES, ids=by_name)
def test_a_task_waits_longer_than_its_function_may_take(path: Path) -> None:
    substitutions = DEPLOYED[f"statemachines/{path.name}"]["DefinitionSubstitutions"]
    for name, state in tasks(path):
        called = str(state["Arguments"].get("FunctionName", "")).strip("${}")
        if called and not state["Resource"].endswith("waitForTaskToken"):
            function = TEMPLATE[substitutions[called].removeprefix("GetAtt").split(".")[0]]
            takes = function["Properties"].get("Timeout", 10)
            assert state["TimeoutSeconds"] > takes, name


@pytest.mark.parametrize("path", MACHINES, ids=by_name)
def test_the_machine_may_call_exactly_what_it_calls(path: Path) -> None:
    properties = DEPLOYED[f"statemachines/{path.name}"]
    values = properties["DefinitionSubstitutions"].values()
    arns = {value for value in values if re.fullmatch(r"GetAtt\w+Function\.Arn", value)}
    allowed = [
        resource
        for policy in properties["Policies"]
        for statement in policy["Statement"]
        if statement["Action"] == ["lambda:InvokeFunction"]
        for resource in (
            statement["Resource"]
            if isinstance(statement["Resource"], list)
            else [statement["Resource"]]
        )
    ]
    assert sorted(allowed) == sorted(arns)


@pytest.mark.parametrize("path", MACHINES, ids=by_name)
def test_statelint_finds_nothing(path: Path, tmp_path: Path) -> None:
    text = json.dumps(definition(path))
    file = tmp_path / "machine.json"
    file.write_text(re.sub(r"\$\{Partition\}", "aws", text))
    statelint = Path(sys.executable).with_name("statelint")
    found = subprocess.run([statelint, file], capture_output=True, text=True, check=False)
    assert (found.stdout + found.stderr).strip() in ("", "No errors found."), found.stdout
