"""A device's side of MQTT 5 with mutual TLS, by AWS's own device SDK."""

import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Any

from awscrt import mqtt5
from awsiot import mqtt5_client_builder

from local.devices import Device
from local.stack import Mqtt

WAIT_SECONDS = 15.0


class NoConnection(Exception):
    """The broker did not let the device in."""


class Sensor:
    """A connected device; `publish` returns when the broker has taken the message (QoS 1)."""

    def __init__(self, device: Device, mqtt: Mqtt) -> None:
        """Prepare a client that proves itself with the device's certificate."""
        self._up, self._down = threading.Event(), threading.Event()
        self._client: Any = mqtt5_client_builder.mtls_from_path(
            endpoint=mqtt.host,
            port=mqtt.port,
            ca_filepath=str(mqtt.ca_file),
            cert_filepath=str(device.certificate),
            pri_key_filepath=str(device.key),
            client_id=device.thing,
            on_lifecycle_connection_success=lambda _data: self._up.set(),
            on_lifecycle_stopped=lambda _data: self._down.set(),
        )

    def __enter__(self) -> "Sensor":
        """Connect; raises `NoConnection` after `WAIT_SECONDS`."""
        self._client.start()
        if not self._up.wait(WAIT_SECONDS):
            self._client.stop()
            raise NoConnection("the MQTT broker did not answer the device")
        return self

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish one message at least once; raises TimeoutError if nobody takes it."""
        packet = mqtt5.PublishPacket(topic=topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE)
        taken: Future[Any] = self._client.publish(packet)
        taken.result(WAIT_SECONDS)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self._client.stop()
        self._down.wait(WAIT_SECONDS)
