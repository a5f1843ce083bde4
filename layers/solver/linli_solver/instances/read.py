"""Reads an instance file of any of the known formats, told apart by what is in it."""

from pathlib import Path

from linli.routing.model import InvalidProblem
from linli_solver.instances.cordeau import is_cordeau, read_cordeau
from linli_solver.instances.lilim import read_lilim
from linli_solver.instances.model import Instance
from linli_solver.instances.solomon import read_solomon
from linli_solver.instances.text import lines_of
from linli_solver.instances.vrplib import read_vrplib


def read_instance(path: Path) -> Instance:
    """
    The instance in a file.

    Raises:
        InvalidProblem: It cannot be read, is of no known format, or something in it is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as failure:
        raise InvalidProblem("file", f"{path.name}: {failure.strerror}") from failure
    return parse_instance(text, path.stem)


def parse_instance(text: str, name: str) -> Instance:
    """
    The instance in a text; `name` is used where the format has none.

    Raises:
        InvalidProblem: It is of no known format, or something in it is wrong.
    """
    lines = lines_of(text)
    if not lines:
        raise InvalidProblem("file", "empty")
    words = [line.split()[0].upper() for line in lines[:20]]
    if any(":" in line or line.upper().endswith("_SECTION") for line in lines[:20]):
        return read_vrplib(text)
    if "CUSTOMER" in words or "VEHICLE" in words:
        return read_solomon(text)
    if all(each.lstrip("-+").replace(".", "", 1).isdigit() for each in lines[0].split()):
        return read_cordeau(text, name) if is_cordeau(lines) else read_lilim(text, name)
    raise InvalidProblem("file", "neither Solomon's, VRPLIB's, Cordeau's, nor Li and Lim's format")
