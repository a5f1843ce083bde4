"""Devices of the local stack: registered like on AWS IoT, with a certificate and a policy each.

On AWS the same three calls do it (or fleet provisioning); only the emulator's address differs.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from local.stack import Stack


@dataclass(frozen=True)
class Device:
    """A registered thing and where its certificate and private key lie."""

    thing: str
    store_id: str
    certificate: Path
    key: Path


def register(stack: Stack, thing: str, store_id: str, policy: str = "DevicePolicyName") -> Device:
    """Register a thing of a store, or return it if it has its certificate already.

    The thing gets the application's device policy (the output `policy`; MachinePolicyName for a
    return machine) and the attribute `store`, which the policy may require in its topics.
    """
    folder = stack.state_dir / "devices"
    folder.mkdir(exist_ok=True)
    device = Device(thing, store_id, folder / f"{thing}.pem", folder / f"{thing}.key")
    if device.certificate.exists():
        return device
    iot = stack.client("iot")
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.create_thing(thingName=thing, attributePayload={"attributes": {"store": store_id}})
    iot.attach_thing_principal(thingName=thing, principal=made["certificateArn"])
    iot.attach_policy(policyName=stack.outputs[policy], target=made["certificateArn"])
    device.key.touch(mode=0o600)
    device.key.write_text(made["keyPair"]["PrivateKey"])
    draft = device.certificate.with_name(f"{thing}.{os.getpid()}")
    draft.write_text(made["certificatePem"])
    draft.replace(device.certificate)
    stack.save()
    return device
