"""Brings a running emulator to what the template says, or finds that it is there already."""

import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from local.deploy.template import declared_parameters, for_emulator

STACK_NAME = "linli"
BUCKET = "linli-artifacts"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
LONGEST_SECONDS = 120.0


class Emulator(Protocol):
    """What a deployment needs of a running emulator."""

    def client(self, service: str) -> Any:
        """Return a client of one AWS service."""


class DeploymentFailed(Exception):
    """The emulator refused the template; the text says which resource and why."""

    def __init__(self, text: str, status: str = "") -> None:
        """Say what failed; a stack that was being changed may be of another version."""
        super().__init__(text + (_ANEW if status.startswith("UPDATE") else ""))


_ANEW = """
If the data are of another version of Linli and you can do without them: `make reset`, which
forgets them, then `make run`."""


@dataclass
class Artifacts:
    """The packages of one deployment, by the name their content gives them."""

    packed: dict[str, bytes] = field(default_factory=dict)

    def add(self, content: bytes, suffix: str) -> tuple[str, str]:
        """Take a package; return the bucket and key where it will be."""
        key = hashlib.sha256(content).hexdigest() + suffix
        self.packed[key] = content
        return BUCKET, key


def deploy(emulator: Emulator, template: Path, parameters: dict[str, str], record: Path) -> bool:
    """Deploy `template`; tell whether anything had to be done.

    `record` is the file that remembers the outputs, the resources and the digest of what is
    deployed. Raises `DeploymentFailed`.
    """
    known = declared_parameters(template)
    parameters = {name: value for name, value in parameters.items() if name in known}
    artifacts = Artifacts()
    document = for_emulator(template, parameters, artifacts.add)
    body = json.dumps(document, default=str, sort_keys=True)
    digest = hashlib.sha256(json.dumps([body, parameters]).encode()).hexdigest()
    if _recorded_digest(record) == digest and _status(emulator).endswith("_COMPLETE"):
        return False
    _upload(emulator, artifacts, body, digest)
    _apply(emulator, digest, parameters)
    _finish_what_cloudformation_leaves(emulator, document)
    _record(emulator, record, digest)
    return True


def _recorded_digest(record: Path) -> str:
    return str(json.loads(record.read_text())["digest"]) if record.exists() else ""


def _upload(emulator: Emulator, artifacts: Artifacts, body: str, digest: str) -> None:
    s3 = emulator.client("s3")
    if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        region = s3.meta.region_name
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    for key, content in artifacts.packed.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    s3.put_object(Bucket=BUCKET, Key=f"{digest}.json", Body=body.encode())


def _apply(emulator: Emulator, digest: str, parameters: dict[str, str]) -> None:
    cloudformation = emulator.client("cloudformation")
    change = cloudformation.update_stack if _status(emulator) else cloudformation.create_stack
    try:
        change(
            StackName=STACK_NAME,
            TemplateURL=f"https://s3.amazonaws.com/{BUCKET}/{digest}.json",
            Capabilities=CAPABILITIES,
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in parameters.items()
            ],
        )
    except cloudformation.exceptions.ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DeploymentFailed(str(error), _status(emulator)) from error
    _wait(emulator, cloudformation)


def _wait(emulator: Emulator, cloudformation: Any) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while (status := _status(emulator)).endswith("IN_PROGRESS"):
        if time.monotonic() > end:
            raise DeploymentFailed(f"not done after {LONGEST_SECONDS:.0f} s: {status}")
        time.sleep(0.1)
    if "ROLLBACK" in status or "FAILED" in status:
        events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
        reasons = [
            f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in reversed(events)
            if "FAILED" in event["ResourceStatus"]
        ]
        raise DeploymentFailed("\n".join([status, *reasons]), status)


def _status(emulator: Emulator) -> str:
    """Return the stack's status, empty if there is no stack."""
    cloudformation = emulator.client("cloudformation")
    for stack in cloudformation.describe_stacks().get("Stacks", []):
        if stack["StackName"] == STACK_NAME:
            return str(stack["StackStatus"])
    return ""


def _finish_what_cloudformation_leaves(emulator: Emulator, document: dict[str, Any]) -> None:
    """Set what MiniStack's CloudFormation ignores: times to live, and CORS as its API has it."""
    physical = resources(emulator)
    for name, resource in document["Resources"].items():
        properties = resource.get("Properties", {})
        if ttl := properties.get("TimeToLiveSpecification"):
            _set_time_to_live(emulator, physical[name], ttl)
        cors = properties.get("CorsConfiguration")  # Of a bucket it means something else.
        if cors and resource["Type"] == "AWS::ApiGatewayV2::Api":
            origins = [_plain(origin, emulator) for origin in cors.get("AllowOrigins", [])]
            emulator.client("apigatewayv2").update_api(
                ApiId=physical[name], CorsConfiguration={**cors, "AllowOrigins": origins}
            )


def _plain(value: Any, emulator: Emulator) -> str:
    """Return a parameter's value where the template refers to it."""
    if isinstance(value, str):
        return value
    stack = emulator.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    given = {part["ParameterKey"]: part["ParameterValue"] for part in stack["Parameters"]}
    return str(given[value["Ref"]])


def _set_time_to_live(emulator: Emulator, table: str, ttl: dict[str, Any]) -> None:
    dynamodb = emulator.client("dynamodb")
    now = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if now["TimeToLiveStatus"] != "ENABLED":
        specification = {"AttributeName": ttl["AttributeName"], "Enabled": True}
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)


def resources(emulator: Emulator) -> dict[str, str]:
    """Return the physical name of each resource by its logical id."""
    found = emulator.client("cloudformation").describe_stack_resources(StackName=STACK_NAME)
    return {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for resource in found["StackResources"]
    }


def _record(emulator: Emulator, record: Path, digest: str) -> None:
    stack = emulator.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    outputs = {part["OutputKey"]: part["OutputValue"] for part in stack.get("Outputs", [])}
    document = {**outputs, "digest": digest, "resources": resources(emulator)}
    draft = record.with_suffix(".draft")
    draft.write_text(json.dumps(document, indent=1))
    draft.replace(record)
