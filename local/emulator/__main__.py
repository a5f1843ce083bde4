"""Runs the emulator in the foreground: `python -m local.emulator STATE_DIR API EMULATOR WECHATPAY`.

The three last are ports; on the last one listens the simulated WeChat Pay.

MiniStack reads its own settings from the environment at import; `local.daemon` sets them.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from local import clock
from local.emulator import (
    burst_of_processes,
    http_api_faults,
    loopback,
    nested_updates,
    poisoned_streams,
    slow_invokes,
)
from local.emulator.front import App, Front
from local.emulator.nursery import Nursery
from local.emulator.saving import Saver
from local.paths import PYCACHE
from local.tokens import issuer_at
from local.wechatpay.keys import load_or_make
from local.wechatpay.server import KEY_FILE, Provider


def main(state_dir: Path, api_port: int, emulator_port: int, wechatpay_port: int) -> None:
    """
    Serve until SIGTERM or SIGINT, then save and end at once: threads that wait for the answer of a
    function that is ended too would wait for its time-out.
    """
    loopback.install()
    slow_invokes.install()
    burst_of_processes.install()
    http_api_faults.install()
    poisoned_streams.install()
    nested_updates.install()
    from ministack.app import app

    front = Front(
        app,
        api_port,
        issuer_at(f"http://{loopback.HOST}:{api_port}/issuer", state_dir / "issuer.pem"),
        Saver(state_dir / "emulator" / "dynamodb.journal"),
        state_dir / "outputs.json",
    )
    keys = load_or_make(state_dir / KEY_FILE)
    nursery = Nursery(state_dir / "tmp", PYCACHE)
    with nursery, Provider(keys, lambda: clock.now(state_dir / "clock"), wechatpay_port):
        asyncio.new_event_loop().run_until_complete(_serve(front, [api_port, emulator_port]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _serve(front: App, ports: list[int]) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"{loopback.HOST}:{port}" for port in ports]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 2.0
    config.loglevel = "WARNING"
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)

    async def stop() -> None:
        await stopping.wait()

    await serve(front, config, shutdown_trigger=stop)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(port) for port in sys.argv[2:5]))
