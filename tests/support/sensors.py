"""Devices' messages as the topic rule hands them over, for tests without a broker."""

import base64
import json
from datetime import datetime
from typing import Any

from linli.sensing import Arrival

STORE = "6901234500011"
THING, KIND, UNIT = "t-1", "respiration", "mg/(kg.h)"


def arrival(content: bytes, **changed: Any) -> Arrival:
    """A message of bytes; `changed` replaces what the rule says of it."""
    said = {
        "payload": base64.b64encode(content).decode(),
        "store_id": STORE,
        "thing": THING,
        "kind": KIND,
        "client_id": changed.get("thing", THING),
        "received_at_ms": 1_719_540_000_000,
    }
    return Arrival.model_validate(said | changed)


def message(seq: int, at: datetime, value: float = 20.0, boot: int = 1, **more: Any) -> Arrival:
    """A reading of the test's thing."""
    said = {"boot": boot, "seq": seq, "at": at.isoformat(), "value": value, "unit": UNIT}
    return arrival(json.dumps(said | more).encode())
