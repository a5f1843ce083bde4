"""The verbs of the local stack, run inside its environment (see `local/linli.py` for the door)."""

import importlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from linli.kernel.ids import uuid7
from linli.kernel.time import ZONE, parse_instant
from local import clock, daemon
from local.daemon import PortTaken, WouldNotStart
from local.deploy.apply import DeploymentFailed
from local.deploy.layers import BuildFailed
from local.paths import STATE
from local.stack import NotRunning, Stack
from local.tokens import mint


class Missing(Exception):
    """A part of the product that a verb needs is not in this checkout."""


def main(arguments: list[str]) -> int:
    """Run one verb; return the exit status: 0 well, 3 a trouble that the text explains."""
    verbs: dict[str, Callable[[], int]] = {
        "run": run,
        "day": day,
        "status": status,
        "token": token,
        "device": device,
        "id": new_id,
        "clock": tell_time,
        "logs": logs,
        "stop": stop,
        "reset": reset,
    }
    try:
        if arguments[0] in verbs:
            return verbs[arguments[0]]()
        return _tools(arguments[0])
    except (
        PortTaken,
        WouldNotStart,
        DeploymentFailed,
        BuildFailed,
        NotRunning,
        Missing,
    ) as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 3


def run() -> int:
    """Start the stack if it does not run, and play a day (which first loads the neighbourhood)."""
    stack = _up()
    print(_where(stack))
    told = _part("local.day.play").main(stack)
    print(_where(stack))
    return int(told or 0)


def day() -> int:
    """Play a day on the running stack."""
    stack = Stack.running(STATE)
    stack.deploy()
    return int(_part("local.day.play").main(stack) or 0)


def status() -> int:
    """Say what runs and where; exit status 1 if nothing does."""
    if daemon.running_ports(STATE) is not None:
        print(_where(Stack.running(STATE)))
        return 0
    if daemon.was_killed(STATE):
        print("The stack was ended from outside (killed?). Its data are safe: `make run`.")
    else:
        print("Nothing runs. `make run` starts the stack.")
    return 1


def token() -> int:
    """Print an access token for ROLE at PLACE as SUB, nothing else, so that shells can use it."""
    stack = Stack.running(STATE)
    role, place = os.environ.get("ROLE", "resident"), os.environ.get("PLACE", "wulin")
    print(mint([(role, place)], os.environ.get("SUB", "u-1"), stack.issuer))
    return 0


def device() -> int:
    """Register THING at STORE and say where its certificate is."""
    from local.devices import register

    stack = Stack.running(STATE)
    thing, store = os.environ.get("THING", "sensor-1"), os.environ.get("STORE", "")
    if not store:
        raise Missing("Which store? make device THING=sensor-1 STORE=<the store's 13 digits>")
    made = register(stack, thing, store)
    print(f"thing        {made.thing}\ncertificate  {made.certificate}\nkey          {made.key}")
    print(f"authority    {stack.mqtt.ca_file}\nbroker       localhost:{stack.mqtt.port}")
    return 0


def new_id() -> int:
    """Print a UUIDv7, as devices make them for their commands."""
    print(uuid7())
    return 0


def tell_time() -> int:
    """Print the stack's time in the community's zone; with AT move it on, never back."""
    stack = Stack.running(STATE)
    if wanted := os.environ.get("AT"):
        instant = parse_instant(wanted)
        if instant < clock.now(stack.clock_file):
            raise Missing("The stack's clock only goes forward: waves that left do not come back.")
        stack.set_clock(instant)
    print(clock.now(stack.clock_file).astimezone(ZONE).isoformat(timespec="seconds"))
    return 0


def logs() -> int:
    """Print the end of the stack's log; with F=1 follow it until interrupted."""
    log = STATE / "stack.log"
    if not log.exists():
        raise NotRunning("No log yet: `make run` starts the stack.")
    follow = ["-f"] if os.environ.get("F") else []
    try:
        return subprocess.run(["tail", "-n", os.environ.get("N", "40"), *follow, log]).returncode
    except KeyboardInterrupt:
        return 0


def stop() -> int:
    """End the stack and everything it started."""
    print("Stopped; its data stay." if daemon.stop(STATE) else "Nothing was running.")
    return 0


def reset() -> int:
    """End the stack and forget its data."""
    daemon.stop(STATE)
    shutil.rmtree(STATE, ignore_errors=True)
    print("Stopped, and its data are forgotten.")
    return 0


def _up() -> Stack:
    begun = time.monotonic()
    if daemon.running_ports(STATE) is not None:
        stack = Stack.running(STATE)
        changed = stack.deploy()
        print("The stack runs already" + (": deployed what changed." if changed else "."))
        return stack
    if daemon.was_killed(STATE):
        print("The stack was ended from outside; starting it again with its data.")
    stack = Stack.start(STATE, daemon.default_ports())
    print(f"The stack is up ({time.monotonic() - begun:.1f} s).")
    return stack


def _where(stack: Stack) -> str:
    return f"""
The stack runs in the background.                                     邻里本地环境正在运行。
  API             {stack.api_url}/v1/stores
  API pages       {stack.api_url}/docs
  a token         make token ROLE=resident PLACE=wulin SUB=u-1
  MQTT over TLS   localhost:{stack.mqtt.port}   (authority: {stack.mqtt.ca_file})
  WeChat Pay      {stack.wechatpay_url}   (simulated; docs/payments.md)
  a device        make device THING=sensor-1 STORE=<the store's 13 digits>
  emulated AWS    {stack.endpoint_url}
  its log         make logs        what runs: make status
  stop            make stop        stop and forget the data: make reset"""


def _part(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise Missing(
            f"{name} is not in this checkout; the stack itself is up (make status)."
        ) from None


def _tools(verb: str) -> int:
    from local import checks

    tools: dict[str, Callable[[], int]] = {
        "test": checks.test,
        "lint": checks.lint,
        "validate": checks.validate,
        "sam-build": checks.sam_build,
        "lock": checks.lock,
    }
    if verb not in tools:
        raise Missing(f"There is no `{verb}`; `make help` lists what there is.")
    return tools[verb]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
