"""The door of every make target: makes the private environment, then runs the verb inside it.

Needs nothing but the standard library of Python 3.11 or newer, since it runs before anything is
installed. Everything it makes lies under `.local/`; deleting that folder is always safe.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRIVATE = ROOT / ".local"
NEEDS_TESTS = {"test", "lint", "validate"}
NEEDS_NOTHING_NEW = {"stop", "status", "logs", "reset"}

HELP = """make run        set up, start the local stack in the background, play a day
make day        play a day on the running stack
make status     what runs, and where
make token      print an access token  (ROLE=resident PLACE=wulin SUB=u-1)
make device     register a device, print where its certificate is  (THING=sensor-1 STORE=6901…)
make id         print a new id for a command (UUIDv7)
make clock      what time the stack has; AT=2026-11-24T09:05+08:00 moves it on
make logs       the stack's last lines  (F=1 follows)
make stop       end the stack; its data stay
make reset      end the stack and forget its data
make test       every check and test (starts and stops a stack of its own)
make sam-build  build for AWS with the SAM CLI
make validate   sam validate --lint with the SAM CLI
make lock       renew requirements/*.txt from *.in (needs uv)
"""


class Halt(Exception):
    """A reason to stop that the reader of the terminal can act upon."""


def main(arguments: list[str]) -> int:
    """Run one verb; return the process's exit status."""
    verb = arguments[0] if arguments else "help"
    if verb == "help":
        print(HELP, end="")
        return 0
    try:
        python = environment(verb)
    except Halt as halt:
        print(halt, file=sys.stderr)
        return 3
    if python is not None:
        os.chdir(ROOT)
        # The day speaks of places and units with the product's own words.
        os.environ["PYTHONPATH"] = str(ROOT / "layers" / "domain" / "python")
        os.execv(python, [str(python), "-m", "local.cli", *arguments])
    print("No environment and no stack here yet: `make run` makes both.")
    return 0


def environment(verb: str) -> Path | None:
    """Return the interpreter of the environment the verb needs, made or mended if necessary.

    None means that there is none and the verb (stop, status…) has no use for a new one.
    """
    venv = PRIVATE / "venv"
    python = venv / "bin" / "python"
    if verb in NEEDS_NOTHING_NEW:
        return python if works(venv, "local") else None
    with only_one():
        require(venv, "local")
        if verb in NEEDS_TESTS:
            require(venv, "dev")
    return python


def require(venv: Path, name: str) -> None:
    """Bring the environment to `requirements/{name}.txt`, unless its stamp says it is there."""
    lock = ROOT / "requirements" / f"{name}.txt"
    stamp = venv / f"stamp-{name}"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if works(venv, name) and stamp.read_text().strip() == digest:
        return
    begun = time.monotonic()
    if not works(venv, name) and not works(venv, "local"):
        make(venv)
    stamp.unlink(missing_ok=True)
    print(f"Installing {lock.relative_to(ROOT)} into {venv.relative_to(ROOT)} …", flush=True)
    install(venv, lock)
    stamp.write_text(digest + "\n")
    print(f"  done in {time.monotonic() - begun:.0f} s", flush=True)


def works(venv: Path, name: str) -> bool:
    """Tell whether a finished environment with a live interpreter is there.

    The stamp is written last, so an environment without one was interrupted half-way.
    """
    return (venv / "bin" / "python").exists() and (venv / f"stamp-{name}").is_file()


def make(venv: Path) -> None:
    """Make an empty environment, clearing away whatever unfinished one is in its place."""
    if venv.exists():
        print(f"{venv.relative_to(ROOT)} is unfinished or broken: building it again.", flush=True)
        shutil.rmtree(venv)
    venv.parent.mkdir(parents=True, exist_ok=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(venv)], text=True, capture_output=True)
    if made.returncode:
        raise Halt(
            f"{made.stdout}{made.stderr}\n{sys.executable} cannot make a virtual environment.\n"
            "On Debian and Ubuntu: sudo apt-get install python3-venv. Or name another Python: "
            "make run PYTHON=/path/to/python3.12"
        )


def install(venv: Path, lock: Path) -> None:
    """Install a lock file, every archive checked against its hash; the lock is complete."""
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--require-hashes", "--no-input", "--disable-pip-version-check", "-r", str(lock)]
    done = subprocess.run(command, text=True, stderr=subprocess.PIPE)
    if done.returncode:
        raise Halt(
            f"{done.stderr}\nInstalling {lock.name} failed (see above). A network or proxy trouble "
            "is the usual cause; the same command goes on from here once it is mended."
        )


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the lock that keeps two commands from making one environment at the same time."""
    PRIVATE.mkdir(exist_ok=True)
    with (PRIVATE / "bootstrap.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
