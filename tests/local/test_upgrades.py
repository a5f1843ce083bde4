"""A stack that is up takes a changed template: what did not change in it stays as it is."""

import shutil
from pathlib import Path

import pytest

from local.deploy.apply import DeploymentFailed
from local.paths import ROOT
from local.stack import Stack

HERE = Path(__file__).parent
TEMPLATE = HERE / "template.yaml"


def changed_inside(folder: Path, old: str, new: str) -> Path:
    """The small application with another text in its nested application, and no other."""
    for part in ("functions", "nested"):
        shutil.copytree(HERE / part, folder / part)
    shutil.copy(HERE / "machine.asl.yaml", folder)
    text = TEMPLATE.read_text().replace("../../layers/deps", str(ROOT / "layers/deps"))
    (folder / "template.yaml").write_text(text)
    nested = folder / "nested" / "template.yaml"
    before = nested.read_text()
    assert old in before
    nested.write_text(before.replace(old, new))
    return folder / "template.yaml"


def test_a_nested_stack_can_change_and_change_back(stack: Stack, tmp_path: Path) -> None:
    names = stack.resources
    assert stack.deploy(changed_inside(tmp_path, "SELECT *, ", "SELECT *, 'new' AS told, "))
    assert stack.resources == names
    assert stack.deploy(TEMPLATE)
    assert stack.resources == names


def test_a_change_that_fails_is_undone_and_says_the_way_on(stack: Stack, tmp_path: Path) -> None:
    names = stack.resources
    broken = changed_inside(tmp_path, "Value: !Ref DevicePolicy", "Value: !GetAtt DevicePolicy.No")
    with pytest.raises(DeploymentFailed, match="make reset") as failed:
        stack.deploy(broken)
    assert "ROLLBACK_COMPLETE" in str(failed.value)
    stack.deploy(TEMPLATE)
    assert stack.resources == names
