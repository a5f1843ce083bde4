"""The emulator as a background process: started once for each state folder, found again, ended.

A process holds a lock on its state folder for as long as it lives, so that "does it run?" has a
true answer even after a kill or when its number was given to another process.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from local.paths import PYCACHE, ROOT

HOST = "127.0.0.1"
REGION = "ap-southeast-1"
START_SECONDS = 30.0
STOP_SECONDS = 20.0
GONE_SECONDS = 3.0


@dataclass(frozen=True)
class Ports:
    """Where a stack listens: the HTTP API, the emulated AWS, MQTT over TLS, and WeChat Pay."""

    api: int
    emulator: int
    mqtt: int
    wechatpay: int = 8070


class PortTaken(Exception):
    """Another program listens on a port that this stack was to use."""


class WouldNotStart(Exception):
    """The emulator ended or stayed silent; the text has the end of its log."""


def default_ports() -> Ports:
    """Return the ports that people type, each movable by an environment variable."""
    return Ports(
        int(os.environ.get("LINLI_PORT", "8080")),
        int(os.environ.get("LINLI_EMULATOR_PORT", "4566")),
        int(os.environ.get("LINLI_MQTT_PORT", "8883")),
        int(os.environ.get("LINLI_WECHATPAY_PORT", "8070")),
    )


def free_ports() -> Ports:
    """Return ports that nobody listens on now."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(4)]
    numbers = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return Ports(*numbers)


def running_ports(state_dir: Path) -> Ports | None:
    """Return the ports of the emulator that lives on a state folder, None if none does."""
    lock = state_dir / "alive.lock"
    if not lock.exists():
        return None
    with lock.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return Ports(**json.loads((state_dir / "running.json").read_text())["ports"])
    return None


def was_killed(state_dir: Path) -> bool:
    """Tell whether the last emulator on this folder ended without being told to."""
    return (state_dir / "running.json").exists() and running_ports(state_dir) is None


def start(state_dir: Path, ports: Ports) -> None:
    """Start the emulator on a state folder and wait until it answers.

    Raises `PortTaken`, or `WouldNotStart` with the end of the log.
    """
    _end_leftovers(state_dir)
    _require_free(ports)
    for name in ("emulator", "s3", "tmp"):
        (state_dir / name).mkdir(parents=True, exist_ok=True)
    with (state_dir / "alive.lock").open("w") as lock, _log(state_dir).open("ab") as log:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        numbers = (ports.api, ports.emulator, ports.wechatpay)
        arguments = [str(state_dir), *(str(number) for number in numbers)]
        process = subprocess.Popen(
            [sys.executable, "-m", "local.emulator", *arguments],
            cwd=ROOT,
            env=_environment(state_dir, ports),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[lock.fileno()],
        )
    document = {"pid": process.pid, "ports": asdict(ports)}
    (state_dir / "running.json").write_text(json.dumps(document))
    _wait_until_ready(state_dir, ports, process)


def stop(state_dir: Path) -> bool:
    """End the emulator of a state folder and every function process it started.

    Tells whether one ran. It saves its state first; after `STOP_SECONDS` it is killed.
    """
    running = state_dir / "running.json"
    alive = running_ports(state_dir) is not None
    if alive:
        group = int(json.loads(running.read_text())["pid"])
        os.kill(group, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while running_ports(state_dir) is not None and time.monotonic() < end:
            time.sleep(0.05)
        _kill_group(group)
    _end_leftovers(state_dir)
    running.unlink(missing_ok=True)
    return alive


def log_tail(state_dir: Path, lines: int = 20) -> str:
    """Return the last lines of the emulator's log."""
    log = _log(state_dir)
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _log(state_dir: Path) -> Path:
    return state_dir / "stack.log"


def _kill_group(group: int) -> None:
    """End all of a group; a large process takes a moment to be gone, which is waited for."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
    end = time.monotonic() + GONE_SECONDS
    while _any_of(group) and time.monotonic() < end:
        time.sleep(0.02)


def _any_of(group: int) -> bool:
    """Whether a process of the group still runs, as far as /proc tells."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue  # It ended while we looked.
        if int(its_group) == group and state != "Z":
            return True
    return False


def _end_leftovers(state_dir: Path) -> None:
    """End function processes whose emulator was killed: a busy one would linger for a while."""
    if running_ports(state_dir) is not None:
        return
    mine = f"{state_dir.resolve()}/tmp/"
    for process, command in _processes():
        if mine in command and ("_local_runtime.py" in command or "nursery.py" in command):
            _kill(process)


def _processes() -> Iterator[tuple[int, str]]:
    """Yield (number, command line) of the processes here: from /proc, or else from ps (macOS)."""
    if not Path("/proc/self/cmdline").exists():
        listed = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True)
        for line in listed.stdout.splitlines():
            number, _, command = line.strip().partition(" ")
            yield int(number), command
        return
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield int(folder.name), (folder / "cmdline").read_text(errors="replace")
        except OSError:
            continue  # It ended while we looked.


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def _require_free(ports: Ports) -> None:
    settings = {
        "LINLI_PORT": ("the API", ports.api),
        "LINLI_EMULATOR_PORT": ("the emulated AWS", ports.emulator),
        "LINLI_MQTT_PORT": ("MQTT", ports.mqtt),
        "LINLI_WECHATPAY_PORT": ("the simulated WeChat Pay", ports.wechatpay),
    }
    for setting, (purpose, port) in settings.items():
        try:
            with socket.create_server((HOST, port)):
                continue
        except OSError as error:
            raise PortTaken(
                f"Port {port}, meant for {purpose}, is taken by another program ({error.strerror})."
                f"\nEnd that program, or choose another port:  make run {setting}={port + 10}"
            ) from error


def _wait_until_ready(state_dir: Path, ports: Ports, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        if _ready(ports):
            return
        time.sleep(0.05)
    if process.poll() is None:
        stop(state_dir)
    raise WouldNotStart(f"The emulator did not start. Its log ends:\n{log_tail(state_dir)}")


def _ready(ports: Ports) -> bool:
    try:
        address = f"http://{HOST}:{ports.emulator}/_ministack/ready"
        with urllib.request.urlopen(address, timeout=2):
            pass
        with socket.create_connection((HOST, ports.mqtt), timeout=2):
            return True
    except OSError:
        return False


def _environment(state_dir: Path, ports: Ports) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://{HOST}:{ports.emulator}",
        "BIND_HOST": HOST,
        "DOCKER_HOST": "unix:///nowhere",  # Functions run as processes: never look for Docker.
        "GATEWAY_PORT": str(ports.emulator),
        "IOT_MTLS_PORT": str(ports.mqtt),
        "LINLI_PROCESSES": os.environ.get("LINLI_PROCESSES", "3"),
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "PYTHONPYCACHEPREFIX": str(PYCACHE),
        "PYTHONUNBUFFERED": "1",
        "S3_DATA_DIR": str(state_dir / "s3"),
        "S3_PERSIST": "1",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(state_dir / "emulator"),
        "TMPDIR": str(state_dir / "tmp"),
    }
