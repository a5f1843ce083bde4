"""`make test`: every check and test, in the order of what is found soonest; and the SAM targets."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from local.deploy.layers import requirements_of
from local.paths import BUILD, PRIVATE, ROOT, VENV

BIN = VENV / "bin"
TEMPLATES = ("template.yaml", "iot/template.yaml")
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")

Command = list[str]


def test() -> int:
    """Run the static checks, then pytest over everything; return the first status that is not 0."""
    begun = time.monotonic()
    make_solver_importable()
    status = lint()
    if status:
        return status
    print(f"\n— tests (after {time.monotonic() - begun:.0f} s of checks)", flush=True)
    arguments = ["-n", "3", "--durations", "10", "--no-header"]
    return _run([str(BIN / "python"), "-m", "pytest", *arguments, *os.environ.get("T", "").split()])


def lint() -> int:
    """Run the static checks two at a time; print each one's time, and the output of the failed."""
    checks: dict[str, Callable[[], tuple[int, str]]] = {
        "mypy --strict": lambda: _captured([str(BIN / "mypy")]),
        "ruff check": lambda: _captured([str(BIN / "ruff"), "check", "."]),
        "ruff format": lambda: _captured([str(BIN / "ruff"), "format", "--check", "."]),
        "cfn-lint (SAM expanded)": lint_templates,
        "statelint": lint_machines,
    }
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        running = {name: pool.submit(_timed, check) for name, check in checks.items()}
        for name, result in running.items():
            seconds, (status, output) = result.result()
            print(f"— {name}: {'FAILED' if status else 'well'} ({seconds:.1f} s)", flush=True)
            if status:
                print(output, flush=True)
                failed = failed or status
    return failed


def lint_templates() -> tuple[int, str]:
    """Check the templates as CloudFormation will see them: cfn-lint expands SAM first.

    This is what `sam validate --lint` runs; both partitions' regions are checked.
    """
    templates = [name for name in TEMPLATES if (ROOT / name).exists()]
    regions = ["--regions", "eu-west-1", "cn-north-1"]
    return _captured([str(BIN / "cfn-lint"), *regions, "--", *templates])


def lint_machines() -> tuple[int, str]:
    """Check each state machine with statelint, its placeholders filled in."""
    filled = BUILD / "machines"
    filled.mkdir(parents=True, exist_ok=True)
    status, told = 0, ""
    for machine in sorted((ROOT / "statemachines").glob("*.asl.yaml")):
        try:
            definition = json.dumps(yaml.safe_load(machine.read_text()))
        except yaml.YAMLError as error:
            status, told = 1, f"{told}{machine.name}: {error}\n"
            continue
        target = filled / machine.name.replace(".yaml", ".json")
        target.write_text(_PLACEHOLDER.sub(_example, definition))
        one, output = _captured([str(BIN / "statelint"), "--eval-jsonata", str(target)])
        if one:
            status, told = one, f"{told}{machine.name}: {output}"
    return status, told


def validate() -> int:
    """Run `sam validate --lint` with the SAM CLI."""
    return _run([_sam(), "validate", "--lint", "--region", "eu-west-1"], _sam_environment())


def sam_build() -> int:
    """Build for AWS with the SAM CLI, into .aws-sam."""
    return _run([_sam(), "build", "--cached", "--parallel"], _sam_environment())


def lock() -> int:
    """Renew the lock files from what they are made of; needs uv (https://docs.astral.sh/uv).

    A lock holds for every Python from 3.11 on and names no registry and no path of a machine.
    """
    for source, target, options in _locks():
        command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
        command += ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
        command += ["--no-header", "--no-config", source, "-o", target, *options]
        if _run(command):
            return 1
    return 0


def make_solver_importable() -> Path:
    """Build the solver's layer for this Python and let the environment import from it.

    Tests then import the OR-Tools that is deployed, without what the layer leaves out.
    """
    folder = requirements_of(ROOT / "layers" / "solver", for_lambda=False)
    site = next((VENV / "lib").glob("python3.*/site-packages"))
    (site / "linli-solver-layer.pth").write_text(f"{folder}\n")
    return folder


def _locks() -> Iterator[tuple[str, str, list[str]]]:
    yield "requirements/local.in", "requirements/local.txt", []
    yield "requirements/dev.in", "requirements/dev.txt", []
    yield "requirements/sam.in", "requirements/sam.txt", []
    left_out = {
        # What Lambda's runtime ships.
        "deps": ["boto3", "botocore", "s3transfer", "python-dateutil", "six", "urllib3"],
        # What routing, flows, linear programs and PyVRP's core never import.
        "solver": [
            *("pandas", "python-dateutil", "six", "tzdata", "typing-extensions"),
            *("matplotlib", "tqdm", "vrplib", "contourpy", "cycler", "fonttools", "kiwisolver"),
            *("packaging", "pillow", "pyparsing", "colorama"),
        ],
        # What Lambda's runtime ships; what only compiles.
        "payments": ["urllib3", "pycparser"],
    }
    for layer, packages in left_out.items():
        options = [part for name in packages for part in ("--no-emit-package", name)]
        if layer in ("deps", "payments"):
            options += ["--constraint", "requirements/local.txt"]
        folder = f"layers/{layer}"
        yield f"{folder}/requirements.in", f"{folder}/requirements.txt", options


def _sam() -> str:
    from local import linli

    venv = PRIVATE / "samvenv"
    with linli.only_one():
        linli.require(venv, "sam")
    return str(venv / "bin" / "sam")


def _sam_environment() -> dict[str, str]:
    binaries = PRIVATE / "samvenv" / "bin"
    return {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_TELEMETRY": "0",
    }


def _example(placeholder: re.Match[str]) -> str:
    name = placeholder.group(1)
    if name == "Partition":
        return "aws"
    return f"arn:aws:lambda:eu-west-1:000000000000:function:{name}"


def _captured(command: Command) -> tuple[int, str]:
    done = subprocess.run(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.returncode, done.stdout


def _timed(check: Callable[[], tuple[int, str]]) -> tuple[float, tuple[int, str]]:
    begun = time.monotonic()
    result = check()
    return time.monotonic() - begun, result


def _run(command: Command, environment: dict[str, str] | None = None) -> int:
    sys.stdout.flush()
    return subprocess.run(command, cwd=ROOT, env=environment).returncode
