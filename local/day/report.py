"""Saves the day's report: figures as JSON, the terminal's text, and one self-contained page."""

import json
from pathlib import Path

from local.day.figures import Figures
from local.day.page import as_html
from local.day.terminal import as_text
from local.paths import PRIVATE

FOLDER = PRIVATE / "report"


def save(figures: Figures, folder: Path = FOLDER) -> list[Path]:
    """Write the three files, named by the day; answers their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "json": json.dumps(figures.as_json(), ensure_ascii=False, indent=1) + "\n",
        "txt": as_text(figures),
        "html": as_html(figures),
    }
    paths = []
    for kind, text in texts.items():
        path = folder / f"{figures.on}.{kind}"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
