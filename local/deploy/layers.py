"""Layers as folders: requirements built once for each lock, source copied as it is.

A built layer is cached under `.local/build` by what decides its content (its lock, its Makefile,
the target), so a build happens once. `make` runs the layer's own Makefile, the same one that
`sam build` runs.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.paths import BUILD

KEPT_SNAPSHOTS = 20


def folders(layer: Path) -> list[Path]:
    """Return the folders that a layer puts on a function's path, for the interpreter here."""
    found = [source_of(layer)] if _packages(layer) else []
    if (layer / "requirements.txt").exists():
        found.append(requirements_of(layer, for_lambda=False))
    return found


def requirements_of(layer: Path, for_lambda: bool) -> Path:
    """Build a layer's requirements (if not built yet) and return the folder to import from.

    Raises `BuildFailed` with the output of pip.
    """
    python = "lambda" if for_lambda else f"cp{sys.version_info[0]}{sys.version_info[1]}"
    inputs = [layer / "requirements.txt", layer / "Makefile"]
    target = BUILD / "layers" / f"{layer.name}-{python}-{_digest(layer, inputs)}"
    with _only_one(layer.name):
        if not target.exists():
            print(f"Building layer {layer.name} for {python} …", flush=True)
            _make(layer, target, for_lambda)
    return target / "python"


def source_of(layer: Path) -> Path:
    """Copy a layer's own packages to a folder named by their content, and return it.

    Functions import the copy, so that editing a file never changes what is deployed.
    """
    packages = _packages(layer)
    files = sorted(file for package in packages for file in _sources(package))
    target = BUILD / "source" / f"{layer.name}-{_digest(layer, files)}"
    with _only_one(layer.name):
        if not target.exists():
            draft = target.with_name(f"{target.name}.{os.getpid()}")
            for package in packages:
                shutil.copytree(
                    package, draft / package.name, ignore=shutil.ignore_patterns("__pycache__")
                )
            draft.rename(target)
            _forget_old(target.parent, layer.name)
    return target


class BuildFailed(Exception):
    """A layer could not be built; the text is what its Makefile printed."""


def _make(layer: Path, target: Path, for_lambda: bool) -> None:
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    command = ["make", "--silent", "build-requirements", f"ARTIFACTS_DIR={draft}"]
    command += [f"PIP={sys.executable} -m pip"] + ([] if for_lambda else ["TARGET="])
    done = subprocess.run(command, cwd=layer, text=True, capture_output=True)
    if done.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise BuildFailed(f"{layer.name}: {done.stdout}{done.stderr}")
    draft.rename(target)


def _packages(layer: Path) -> list[Path]:
    inside = layer / "python" if (layer / "python").is_dir() else layer
    return sorted(folder for folder in inside.iterdir() if (folder / "__init__.py").exists())


def _sources(package: Path) -> Iterator[Path]:
    for file in package.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


def _digest(layer: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(layer)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _forget_old(folder: Path, name: str) -> None:
    copies = sorted(folder.glob(f"{name}-*"), key=lambda copy: copy.stat().st_mtime, reverse=True)
    for copy in copies[KEPT_SNAPSHOTS:]:
        shutil.rmtree(copy)


@contextmanager
def _only_one(name: str) -> Iterator[None]:
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
