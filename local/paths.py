"""Where things lie: the checkout, and the folders that are not in git."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRIVATE = ROOT / ".local"
STATE = Path(os.environ.get("LINLI_STATE", PRIVATE / "state"))
BUILD = PRIVATE / "build"
PYCACHE = PRIVATE / "cache" / "pyc"
VENV = PRIVATE / "venv"
