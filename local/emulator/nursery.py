"""Where function processes are born: forked from one that has loaded what their layers hold.

A cold start takes half a second of a processor, nearly all of it for loading the same libraries,
and a stack makes a hundred of them. So a process for each set of layers loads the libraries once,
as Lambda's SnapStart would, and a function's process is a fork of it: its own memory, environment,
folder and handler. It lives as long as the bootstrap that asked for it.

Run as a script it is that process (standard library only, since only layers can be imported);
`Nursery` starts it. Where there is none, as on macOS, functions start by themselves.
"""

import contextlib
import gc
import importlib
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import NoReturn

NAME = "nursery"
LOADED = ("boto3", "pynamodb.models", "linli.kernel.door")
SUBJECTS = ("linli.orders", "linli.dispatch", "linli.credit", "linli.boxes")
"""What nearly every function loads; what a layer lacks is passed over. The runtime client is not
among them: its C++ part notes the address of its API when it is loaded."""


class Nursery:
    """The nursery of one emulator, while the `with` lasts; `folder` is for its socket."""

    def __init__(self, folder: Path, pycache: Path) -> None:
        self._folder, self._pycache = folder, pycache
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> None:
        if sys.platform != "linux":
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / NAME).unlink(missing_ok=True)
        python = [sys.executable, "-S", "-E", "-X", f"pycache_prefix={self._pycache}"]
        self._process = subprocess.Popen(
            [*python, __file__, f"{self._folder.resolve()}{os.sep}"], stdin=subprocess.PIPE
        )
        os.environ["LINLI_NURSERY"] = str(self._folder.resolve())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            os.environ.pop("LINLI_NURSERY", None)
            self._process.kill()
            self._process.wait()


def serve(folder: str) -> None:
    """Hand each function to the process that has loaded its layers, until stdin ends."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    os.chdir(folder)  # A socket's path must be short.
    listener.bind(NAME)
    os.chmod(NAME, 0o600)
    listener.listen(64)
    mothers: dict[bytes, socket.socket] = {}
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        channel, _ = listener.accept()
        with contextlib.suppress(OSError), channel:
            told, files = receive(channel)
            layers = told.partition(b"\0")[0]
            others = [listener.fileno(), channel.fileno(), *files]
            if layers not in mothers:
                mothers[layers] = _mother(os.fsdecode(layers).split("\n"), others)
            send(mothers[layers], told, [*files, channel.fileno()])
            for each in files:
                os.close(each)


def _mother(layers: list[str], others: list[int]) -> socket.socket:
    """A process that has loaded the layers, and the socket to it; it closes `others`."""
    ours, theirs = socket.socketpair()
    if os.fork():
        theirs.close()
        return ours
    for each in (*others, ours.detach()):
        os.close(each)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    plain = sys.path[1:]  # Without this script's folder.
    sys.path[:] = [*layers, *plain]
    for name in (*LOADED, *SUBJECTS):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    sys.path[:] = plain
    gc.freeze()
    with contextlib.suppress(OSError):
        while True:
            told, files = receive(theirs)
            if os.fork() == 0:
                theirs.close()
                _live(told, files)
            for each in files:
                os.close(each)
    os._exit(0)


def _live(told: bytes, files: list[int]) -> NoReturn:
    """Be the function: its environment, its outputs, and as long as its bootstrap lives."""
    out, err, line = files
    channel = socket.socket(fileno=line)
    threading.Thread(target=_die_with, args=(channel,), daemon=True).start()
    for here, there in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
        os.dup2(there, here)
        os.close(there)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    for each in os.fsdecode(told).split("\0")[1:]:
        name, _, value = each.partition("=")
        os.environ[name] = value
    Path("/proc/self/comm").write_text(os.environ["AWS_LAMBDA_FUNCTION_NAME"])
    code = _outcome(f"{os.environ['LAMBDA_TASK_ROOT']}/_local_runtime.py")
    with contextlib.suppress(OSError):
        channel.send(bytes([code & 255]))
    os._exit(code & 255)


def _outcome(script: str) -> int:
    """Run the function's own start; its exit code, as the interpreter would give it."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _die_with(channel: socket.socket) -> None:
    with contextlib.suppress(OSError):
        channel.recv(1)
    os._exit(1)


def send(channel: socket.socket, told: bytes, files: list[int]) -> None:
    """Send bytes and open files."""
    socket.send_fds(channel, [len(told).to_bytes(4, "big")], files)
    channel.sendall(told)


def receive(channel: socket.socket) -> tuple[bytes, list[int]]:
    """Receive what `send` sent."""
    head, files, _, _ = socket.recv_fds(channel, 4, 4)
    if len(head) < 4:
        raise ConnectionError
    told, length = b"", int.from_bytes(head, "big")
    while len(told) < length:
        part = channel.recv(length - len(told))
        if not part:
            raise ConnectionError
        told += part
    return told, files


if __name__ == "__main__":
    serve(sys.argv[1])
