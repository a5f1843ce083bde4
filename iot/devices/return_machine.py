"""
A simulated return machine: boxes and recyclables that people put in, published over real MQTT.

    python -m iot.devices.return_machine --host … --ca … --certificate … --key … \\
        --store 6901234500011 --thing return-machine-1 --box 06901234000016A17=<claim> \\
        --recyclable cardboard:3200=<claim> --repeat 2

`--repeat` sends each message so often, as a machine does that missed the broker's word.
"""

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iot.devices.produce_sensor import Certificate, Endpoint
from iot.devices.sensor import Sensor


def topic_of(store_id: str, thing: str, what: str) -> str:
    """The topic of what a machine takes in: `box` or `recyclable`."""
    return f"linli/v1/{store_id}/{thing}/returns/{what}"


def payload_of(boot: int, seq: int, at: datetime, **said: Any) -> bytes:
    """A message as iot/asyncapi.yaml describes it; `at` is aware."""
    body = {"boot": boot, "seq": seq, "at": at.isoformat()} | said
    return json.dumps(body).encode()


def taken_in(box: list[str], recyclable: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """What is published, from `box=claim` and `material:grams=claim`; claims may be left out."""
    found: list[tuple[str, dict[str, Any]]] = []
    for one in box:
        box_id, _, claim = one.partition("=")
        found.append(("box", {"box_id": box_id} | ({"claim": claim} if claim else {})))
    for one in recyclable:
        what, _, claim = one.partition("=")
        material, _, grams = what.partition(":")
        said = {"material": material, "grams": int(grams)}
        found.append(("recyclable", said | ({"claim": claim} if claim else {})))
    return found


def main(arguments: list[str]) -> int:
    """Publish what was put in during one boot; 0 when the broker took it all."""
    given = _parser().parse_args(arguments)
    endpoint = Endpoint(given.host, given.port, given.ca)
    boot = int(time.time()) if given.boot is None else given.boot
    identity = Certificate(given.thing, given.certificate, given.key)
    with Sensor(identity, endpoint) as machine:
        for seq, (what, said) in enumerate(taken_in(given.box, given.recyclable), start=1):
            payload = payload_of(boot, seq, datetime.now(UTC), **said)
            for _ in range(given.repeat):
                machine.publish(topic_of(given.store, given.thing, what), payload)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="return_machine", description="A return machine")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, default=8883)
    parser.add_argument("--ca", type=Path, help="authority of the broker's certificate")
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--store", required=True, help="the GLN of the store that keeps it")
    parser.add_argument("--thing", required=True)
    parser.add_argument("--box", action="append", default=[], help="GRAI, or GRAI=claim")
    parser.add_argument("--recyclable", action="append", default=[], help="material:grams=claim")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--boot", type=int, help="default: the seconds of the clock at start")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
