"""Functions as packages that the emulator runs as AWS would run them.

MiniStack runs Python functions in a loop of its own, with its own interpreter and environment.
A *custom runtime* it runs by the book: it starts the package's `bootstrap` and serves Lambda's
runtime API. So each package gets a bootstrap that starts AWS's own runtime client (awslambdaric)
with exactly what Lambda would give it: the function, its layers, the SDK that Lambda ships, and
the environment that the template declares. Nothing else of this machine can be imported.
"""

import errno
import functools
import importlib.metadata
import io
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

from local.paths import BUILD, PYCACHE

_SHIPPED_BY_LAMBDA = ("awslambdaric", "boto3")
_EPOCH = (2020, 1, 1, 0, 0, 0)

_BOOTSTRAP = """#!/bin/sh
exec "{python}" -S -E -X "pycache_prefix={pycache}" "$LAMBDA_TASK_ROOT/_local_runtime.py"
"""

_RUNTIME = '''"""Starts AWS's runtime client with what Lambda would give this function, no more."""
import os
import sys

TASK = os.environ["LAMBDA_TASK_ROOT"]
LAYERS = {layers!r}
NURSERY = os.environ.pop("LINLI_NURSERY", "")


def be_born() -> None:
    """Let the nursery run this function, and end when it ends; return if there is none."""
    import _socket

    channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        folder = os.open(NURSERY, os.O_RDONLY)
        channel.connect(f"/proc/self/fd/{{folder}}/nursery")
    except OSError:
        return
    names = [f"{{name}}={{value}}" for name, value in os.environ.items()]
    told = os.fsencode("\\0".join(["\\n".join(LAYERS), *names]))
    outputs = b"".join(each.to_bytes(4, sys.byteorder) for each in (1, 2))
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, outputs)]
    channel.sendmsg([len(told).to_bytes(4, "big")], rights)
    channel.sendall(told)
    code = channel.recv(1)
    os._exit(code[0] if code else 1)


if NURSERY:
    be_born()
DECLARED = {declared!r}
for name in list(os.environ):
    kept = name in DECLARED or name in ("PATH", "HOME", "LANG", "TMPDIR", "_HANDLER")
    if not kept and not name.startswith(("AWS_", "LAMBDA_TASK_", "_X_AMZN_")):
        del os.environ[name]
os.environ.update({fixed!r})
os.chdir(TASK)
sys.path[:] = [TASK, *LAYERS, *[entry for entry in sys.path if entry != TASK]]
from awslambdaric.__main__ import main
main(["bootstrap", os.environ["_HANDLER"]])
'''


def package(code: Path, layers: list[Path], declared: list[str], runtime: str) -> bytes:
    """Return a function's package as a zip; the same content gives the same bytes.

    `declared` names the environment variables that the template gives to the function.
    """
    bootstrap = _BOOTSTRAP.format(python=sys.executable, pycache=PYCACHE)
    start = _RUNTIME.format(
        declared=sorted(declared),
        fixed={"TZ": "UTC", "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}"},
        layers=[str(folder) for folder in [*layers, shipped_by_lambda()]],
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(code.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                _put(archive, str(file.relative_to(code)), file.read_bytes(), 0o644)
        _put(archive, "bootstrap", bootstrap.encode(), 0o755)
        _put(archive, "_local_runtime.py", start.encode(), 0o644)
    return packed.getvalue()


@functools.cache
def shipped_by_lambda() -> Path:
    """Return a folder with links to what Lambda's Python runtime ships: its client and the SDK."""
    names = sorted(_with_requirements(_SHIPPED_BY_LAMBDA))
    versions = "-".join(importlib.metadata.version(name) for name in ("awslambdaric", "boto3"))
    folder = BUILD / f"runtime-cp{sys.version_info[0]}{sys.version_info[1]}-{versions}"
    if not folder.exists():
        draft = folder.with_name(f"{folder.name}.{os.getpid()}")
        draft.mkdir(parents=True)
        for name in names:
            _link(importlib.metadata.distribution(name), draft)
        _settle(draft, folder)
    return folder


def _settle(draft: Path, folder: Path) -> None:
    """Put `draft` in its place, unless another process has just put the same there."""
    try:
        draft.rename(folder)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
        shutil.rmtree(draft)


def _put(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _link(distribution: importlib.metadata.Distribution, folder: Path) -> None:
    tops = {Path(str(file)).parts[0] for file in distribution.files or ()}
    for top in tops - {"..", "__pycache__"}:
        source = Path(str(distribution.locate_file(top)))
        if source.exists() and not (folder / top).exists():
            (folder / top).symlink_to(source)


def _with_requirements(names: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            for line in importlib.metadata.requires(name) or ():
                if "extra ==" not in line:
                    waiting.append(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower())
    return found
