"""`python -m local.wechatpay`: the simulated provider on its own, until Ctrl-C."""

import argparse
import json
import signal
import threading
from pathlib import Path

from local import clock
from local.paths import STATE
from local.wechatpay.keys import load_or_make
from local.wechatpay.server import KEY_FILE, Provider

DEFAULT_PORT = 8070


def main() -> None:
    """Run it and say where it listens and where its keys are."""
    parser = argparse.ArgumentParser(prog="python -m local.wechatpay", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0: a free one")
    parser.add_argument("--state", type=Path, default=STATE, help="folder of the keys and clock")
    options = parser.parse_args()
    key_file = options.state / KEY_FILE
    keys = load_or_make(key_file)
    with Provider(keys, lambda: clock.now(options.state / "clock"), options.port) as provider:
        print(json.dumps({"url": provider.url, "keys": str(key_file)}), flush=True)
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        ended.wait()


if __name__ == "__main__":
    main()
