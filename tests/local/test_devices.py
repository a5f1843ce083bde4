"""Devices meet the local broker as they would meet AWS IoT: mutual TLS, policies, rules."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from awscrt import mqtt5
from awscrt.exceptions import AwsCrtError
from awsiot import mqtt5_client_builder

from local.devices import Device, register
from local.stack import Stack

STORE = "6901234500017"


class Client:
    """A device's connection; `connect` tells whether the broker let it in."""

    def __init__(self, stack: Stack, certificate: Path, key: Path, client_id: str) -> None:
        self.ended = threading.Event()
        self.let_in = False
        mqtt = stack.mqtt
        self.client = mqtt5_client_builder.mtls_from_path(
            str(certificate),
            str(key),
            endpoint=mqtt.host,
            port=mqtt.port,
            ca_filepath=str(mqtt.ca_file),
            client_id=client_id,
            on_lifecycle_connection_success=lambda _: self._end(True),
            on_lifecycle_connection_failure=lambda _: self._end(False),
        )

    def connect(self) -> bool:
        self.client.start()
        assert self.ended.wait(10)
        return self.let_in

    def publish(self, topic: str, message: dict[str, Any]) -> bool:
        packet = mqtt5.PublishPacket(
            topic=topic, payload=json.dumps(message), qos=mqtt5.QoS.AT_LEAST_ONCE
        )
        try:
            answer = self.client.publish(packet).result(10)
        except AwsCrtError:  # The broker hung up on us.
            return False
        return bool(answer.puback.reason_code == mqtt5.PubackReasonCode.SUCCESS)

    def _end(self, let_in: bool) -> None:
        self.let_in = let_in or self.let_in
        self.ended.set()


@pytest.fixture(scope="module")
def device(stack: Stack) -> Device:
    return register(stack, "probe-1", STORE)


@pytest.fixture
def client(stack: Stack, device: Device) -> Iterator[Client]:
    client = Client(stack, device.certificate, device.key, device.thing)
    assert client.connect()
    yield client
    client.client.stop()


def test_a_message_reaches_its_function_with_the_identity_of_its_topic(
    stack: Stack, client: Client
) -> None:
    assert client.publish(f"linli/v1/{STORE}/probe-1/probe", {"n": 7, "thing": "a liar"})
    end = time.monotonic() + 10
    key = {"pk": {"S": f"message {STORE} probe-1 7"}}
    table = stack.resources["SeenTable"]
    while time.monotonic() < end:
        if "Item" in stack.client("dynamodb").get_item(TableName=table, Key=key):
            return
        time.sleep(0.1)
    pytest.fail("the message did not arrive")


def test_a_device_may_not_speak_for_another(client: Client) -> None:
    assert not client.publish(f"linli/v1/{STORE}/probe-2/probe", {"n": 8})


def test_a_device_may_not_connect_under_another_name(stack: Stack, device: Device) -> None:
    stranger = Client(stack, device.certificate, device.key, "probe-2")
    assert not stranger.connect()
    stranger.client.stop()


def test_registering_twice_keeps_the_first_certificate(stack: Stack, device: Device) -> None:
    before = device.certificate.read_bytes()
    assert register(stack, "probe-1", STORE).certificate.read_bytes() == before
