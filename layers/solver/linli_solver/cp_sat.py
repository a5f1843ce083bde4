"""
CP-SAT's Python model without pandas, which the layer does not carry.

`ortools.sat.python.cp_model` names pandas' Index and Series in annotations and type checks only,
to accept a whole series of variables at once, and imports 330 ms of pandas for it. Here the
import finds a stand-in whose two classes have no instances, so that every such check answers
no; it is taken away again at once, so whoever else asks for pandas is told that it is absent.
Models are built from single variables and lists; series are refused by CP-SAT itself.
"""

import importlib
import importlib.util
import sys
from functools import cache
from types import ModuleType
from typing import Any


@cache
def cp_model() -> Any:
    """The module `ortools.sat.python.cp_model`; its import happens at the first call."""
    name = "ortools.sat.python.cp_model"
    if name in sys.modules or "pandas" in sys.modules or _installed("pandas"):
        return importlib.import_module(name)
    sys.modules["pandas"] = _stand_in()
    try:
        return importlib.import_module(name)
    finally:
        del sys.modules["pandas"]


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _stand_in() -> ModuleType:
    module = ModuleType("pandas", "No pandas: two types without instances.")
    module.__dict__.update(Index=type("Index", (), {}), Series=type("Series", (), {}))
    return module
