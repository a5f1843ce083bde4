"""The house rules hold for every file of ours."""

import ast
import functools
import statistics
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("layers/domain/python", "layers/solver/linli_solver", "functions", "local", "iot",
        "benchmarks")  # fmt: skip
MODULES = sorted(
    path
    for folder in OURS
    for path in (ROOT / folder).rglob("*.py")
    if not {".local", ".aws-sam", "__pycache__"} & set(path.parts)
)
SHIPPED = [p for p in MODULES if p.relative_to(ROOT).parts[0] in ("layers", "functions")]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def each_of(paths: Sequence[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """One test of a rule for all files, which names every file that breaks it."""

    def decorate(rule: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            broken = [f"{name(path)}: {fault}" for path in paths if (fault := _fault(rule, path))]
            assert broken == []

        test.__name__, test.__doc__ = rule.__name__, rule.__doc__
        return test

    return decorate


def _fault(rule: Callable[[Path], None], path: Path) -> str:
    try:
        rule(path)
    except AssertionError as fault:
        return str(fault) or "broken"
    return ""


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


@each_of(MODULES)
def test_a_module_is_short_and_its_functions_shorter(path: Path) -> None:
    assert path.read_text().count("\n") <= 300
    assert [(f.name, length(f)) for f in functions(path) if length(f) > 40] == []


def test_the_usual_function_fits_in_one_look() -> None:
    assert statistics.median(length(f) for p in SHIPPED for f in functions(p)) <= 12


@each_of(MODULES)
def test_modules_and_public_functions_say_what_they_are_for(path: Path) -> None:
    tree = tree_of(path)
    if tree.body:
        assert ast.get_docstring(tree), "a module docstring"
    if path.name == "handler.py":
        return  # Its routes say it in OpenAPI's words.
    bare = [
        node.name
        for node in tree.body
        if isinstance(node, Function | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


@each_of(MODULES)
def test_no_failure_is_swallowed(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, "a bare except"
            assert not all(isinstance(step, ast.Pass) for step in node.body)


@each_of(SHIPPED)
def test_nothing_that_ships_knows_the_emulator(path: Path) -> None:
    text = path.read_text().lower()
    assert not any(word in text for word in ("ministack", "moto", "127.0.0.1", "localhost"))


@each_of(SHIPPED)
def test_time_comes_from_the_clock_alone(path: Path) -> None:
    if name(path).endswith(("kernel/time.py", "kernel/ids.py")):
        return
    calls = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    assert not calls & {"datetime.now", "datetime.utcnow", "date.today", "time.time"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


DOMAIN = [p for p in SHIPPED if name(p).startswith("layers/domain/python/linli/")]


@each_of(DOMAIN)
def test_no_room_looks_upward(path: Path) -> None:
    upward = ("functions", "linli_solver", "local", "ortools")
    assert not [i for i in imports(path) if i.split(".")[0] in upward]
    if name(path).startswith("layers/domain/python/linli/kernel/"):
        assert not [i for i in imports(path) if i.startswith("linli.") and "kernel" not in i]


@each_of(DOMAIN)
def test_subjects_never_read_one_anothers_rows(path: Path) -> None:
    subject = path.relative_to(ROOT / "layers/domain/python/linli").parts[0]
    foreign = [i for i in imports(path) if ".rows" in i and i.split(".")[1] != subject]
    assert foreign == []


@each_of([p for p in SHIPPED if p.name == "rules.py"])
def test_rules_are_pure(path: Path) -> None:
    impure = ("linli.kernel.reads", "linli.kernel.transact", "linli.kernel.tables", "random",
              "pynamodb", "time", "os")  # fmt: skip
    assert not [i for i in imports(path) if i.startswith(impure) and not i.startswith("timezone")]


def test_nothing_committed_speaks_of_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    words = ("/work" + "/", "/root" + "/", "pypi" + ".org", "files.pythonhosted" + ".org")
    said = []
    for file in listed.stdout.split("\n"):
        path = ROOT / file
        if not path.is_file() or path.stat().st_size > 1_000_000:
            continue
        text = path.read_bytes().decode("utf-8", "ignore")
        said += [(file, word) for word in words if word in text]
    assert said == []
