"""
A simulated produce sensor: a seeded respiration or temperature curve, published over real MQTT.

    python -m iot.devices.produce_sensor --host … --ca … --certificate … --key … \\
        --store 6901234500011 --thing respiration-1 --kind respiration --readings 20 --excursion 15

At `--excursion` the produce starts to age: respiration climbs by a tenth at every reading.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from iot.devices.sensor import Sensor, payload_of, topic_of

UNITS = {"respiration": "mg/(kg.h)", "temperature": "Cel"}
CALM = {"respiration": 20.0, "temperature": 4.0}


@dataclass(frozen=True)
class Endpoint:
    """Where the broker listens."""

    host: str
    port: int
    ca_file: Path | None


@dataclass(frozen=True)
class Certificate:
    """Who the device is."""

    thing: str
    certificate: Path
    key: Path


def curve(kind: str, readings: int, excursion: int | None, seed: int) -> Iterator[float]:
    """The values of one boot: calm with 2 % noise, climbing from reading `excursion` on."""
    rng = random.Random(seed)
    level = CALM[kind]
    for number in range(readings):
        if excursion is not None and number >= excursion:
            level = level * 1.1 + 1
        yield round(level * rng.gauss(1, 0.02), 3)


def main(arguments: list[str]) -> int:
    """Publish one boot's readings; 0 when the broker took them all."""
    given = _parser().parse_args(arguments)
    endpoint = Endpoint(given.host, given.port, given.ca)
    boot = int(time.time()) if given.boot is None else given.boot
    topic = topic_of(given.store, given.thing, given.kind)
    with Sensor(Certificate(given.thing, given.certificate, given.key), endpoint) as sensor:
        values = curve(given.kind, given.readings, given.excursion, given.seed)
        for seq, value in enumerate(values, start=1):
            payload = payload_of(boot, seq, datetime.now(UTC), value, UNITS[given.kind])
            sensor.publish(topic, payload)
            time.sleep(given.seconds)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="produce_sensor", description="A simulated sensor")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, default=8883)
    parser.add_argument("--ca", type=Path, help="authority of the broker's certificate")
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--store", required=True, help="the store's GLN")
    parser.add_argument("--thing", required=True)
    parser.add_argument("--kind", choices=sorted(UNITS), default="respiration")
    parser.add_argument("--readings", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=1.0, help="between readings")
    parser.add_argument("--excursion", type=int, help="the reading from which produce ages")
    parser.add_argument("--boot", type=int, help="default: the seconds of the clock at start")
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
