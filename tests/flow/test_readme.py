"""The README's tour by curl works as it is printed."""

import os
import re
import subprocess
from pathlib import Path

from rich.console import Console

from local.day import neighbourhood, play, storm
from local.stack import Stack

ROOT = Path(__file__).parents[2]


def tour(readme: str) -> str:
    """The commands of the tour, in order, stopping at the first that fails."""
    section = re.split(r"\n## .*curl.*\n", readme)[1].split("\n## ")[0]
    return "set -euo pipefail\n" + "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))


def test_the_tour_of_the_readme_works(stack: Stack) -> None:
    with play.curtain(stack, Console(quiet=True)) as stage:
        stage.clock_to(stage.calendar.at(0, 1))
        neighbourhood.load(stage, play.demand_on(stage, stage.calendar.on))
        storm.put_reserve(stage)
    environment = os.environ | {"API": stack.api_url, "LINLI_STATE": str(stack.state_dir)}
    english, chinese = ((ROOT / name).read_text() for name in ("README.md", "README.zh.md"))
    assert tour(english) == tour(chinese), "one tour in two languages"
    done = subprocess.run(
        ["bash", "-c", tour(english)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    for said in (
        '"state":"placed"',
        "id_reused",
        '"order_state":"delivered"',
        '"refund_fen":1000',
        '"reward_points":5',
        '"activated_at"',
    ):
        assert said in done.stdout, f"{said} in {done.stdout}"
