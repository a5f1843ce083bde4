"""
A sensor's connection to the broker: MQTT 5 over TLS with the device's own certificate.

Nothing here knows which broker it is: AWS IoT Core's endpoint listens on port 8883 and is verified
by Amazon's roots; any other is verified by the authority that is given.
"""

import json
import threading
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from awscrt import mqtt5
from awsiot import mqtt5_client_builder

CONNECT_SECONDS = 15.0
PUBLISH_SECONDS = 15.0


class Identity(Protocol):
    """What makes a device itself: its thing's name, certificate and private key."""

    @property
    def thing(self) -> str: ...
    @property
    def certificate(self) -> Path: ...
    @property
    def key(self) -> Path: ...


class Broker(Protocol):
    """Where the broker listens, and the authority that signs its certificate (None: Amazon's)."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def ca_file(self) -> Path | None: ...


class NotConnected(Exception):
    """The broker could not be reached, or refused the device."""


class NotPublished(Exception):
    """The broker did not take the message: the policy forbids the topic, or the link broke."""


class Sensor:
    """
    A connected device.

    with Sensor(device, stack.mqtt) as sensor:
        sensor.publish("linli/v1/6901234500011/respiration-1/respiration", payload)
    """

    def __init__(self, identity: Identity, broker: Broker) -> None:
        """Prepare the connection; entering the `with` block opens it."""
        self._settled, self._stopped = threading.Event(), threading.Event()
        self._failure: str | None = None
        self._client = mqtt5_client_builder.mtls_from_path(
            str(identity.certificate),
            str(identity.key),
            endpoint=broker.host,
            port=broker.port,
            client_id=identity.thing,  # The policy lets a thing in under its own name only.
            on_lifecycle_connection_success=self._connected,
            on_lifecycle_connection_failure=self._failed,
            on_lifecycle_stopped=lambda _: self._stopped.set(),
            **({"ca_filepath": str(broker.ca_file)} if broker.ca_file else {}),
        )

    def __enter__(self) -> "Sensor":
        """
        Connect.

        Raises:
            NotConnected: Unreachable, or refused.
        """
        self._client.start()
        if not self._settled.wait(CONNECT_SECONDS) or self._failure is not None:
            self._client.stop()
            raise NotConnected(self._failure or "the broker does not answer")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self._client.stop()
        self._stopped.wait(CONNECT_SECONDS)

    def publish(self, topic: str, payload: bytes) -> None:
        """
        Publish once and wait for the broker's word that it has the message (QoS 1).

        Raises:
            NotPublished: It did not take it.
        """
        packet = mqtt5.PublishPacket(topic=topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE)
        try:
            answer = self._client.publish(packet).result(PUBLISH_SECONDS)
        except Exception as error:  # The SDK has no common kind for refusal, hang-up and silence.
            raise NotPublished(f"{topic}: {type(error).__name__}") from error
        if answer.puback.reason_code >= mqtt5.PubackReasonCode.UNSPECIFIED_ERROR:
            raise NotPublished(f"{topic}: {answer.puback.reason_code.name}")

    def _connected(self, _: Any) -> None:
        self._failure = None
        self._settled.set()

    def _failed(self, data: Any) -> None:
        self._failure = str(data.exception)
        self._settled.set()


def topic_of(store_id: str, thing: str, kind: str) -> str:
    """The topic of a thing's readings of a kind."""
    return f"linli/v1/{store_id}/{thing}/{kind}"


def payload_of(boot: int, seq: int, at: datetime, value: float, unit: str) -> bytes:
    """A reading as iot/asyncapi.yaml describes it; `at` is aware."""
    body = {"boot": boot, "seq": seq, "at": at.isoformat(), "value": value, "unit": unit}
    return json.dumps(body).encode()
