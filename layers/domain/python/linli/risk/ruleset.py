"""The rules in force, read from the data file beside this module."""

from functools import cache
from pathlib import Path

from linli.risk.model import Ruleset

_FILE = Path(__file__).with_name("ruleset.json")


@cache
def current() -> Ruleset:
    """
    The ruleset that ships with this version.

    Raises:
        pydantic.ValidationError: The file breaks its own form.
    """
    return Ruleset.model_validate_json(_FILE.read_bytes())
