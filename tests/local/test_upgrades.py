"""A stack that is up takes a changed template: what did not change in it stays as it is."""

import shutil
from pathlib import Path

from local.paths import ROOT
from local.stack import Stack

HERE = Path(__file__).parent
TEMPLATE = HERE / "template.yaml"


def changed_inside(folder: Path) -> Path:
    """The small application with another statement in its nested application, and no other."""
    for part in ("functions", "nested"):
        shutil.copytree(HERE / part, folder / part)
    shutil.copy(HERE / "machine.asl.yaml", folder)
    text = TEMPLATE.read_text().replace("../../layers/deps", str(ROOT / "layers/deps"))
    (folder / "template.yaml").write_text(text)
    nested = folder / "nested" / "template.yaml"
    before = nested.read_text()
    nested.write_text(before.replace("SELECT *, topic(3)", "SELECT *, 'new' AS told, topic(3)"))
    assert nested.read_text() != before
    return folder / "template.yaml"


def test_a_nested_stack_can_change_and_change_back(stack: Stack, tmp_path: Path) -> None:
    names = stack.resources
    assert stack.deploy(changed_inside(tmp_path))
    assert stack.resources == names
    assert stack.deploy(TEMPLATE)
    assert stack.resources == names
