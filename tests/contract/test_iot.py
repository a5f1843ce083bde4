"""The devices' side agrees with itself: contract, rule, policy, golden messages and code."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from linli.sensing.limits import KINDS
from linli.sensing.model import MOST_BOOT, MOST_SEQ, Arrival
from linli.sensing.rules import Reason, fault_of, source_of, understand
from tests.contract.test_template import RESOURCES, TEMPLATES

ROOT = Path(__file__).parents[2]
CONTRACT: dict[str, Any] = yaml.safe_load((ROOT / "iot" / "asyncapi.yaml").read_text())
IOT: dict[str, Any] = TEMPLATES[ROOT / "iot/template.yaml"]["Resources"]
RULE: dict[str, Any] = IOT["ReadingsRule"]["Properties"]["TopicRulePayload"]
EVENTS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "events/iot").iterdir()}


def schema_of(kind: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{kind}", "components": CONTRACT["components"]}


def holds(kind: str, payload: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(schema_of(kind)).is_valid(payload))


def test_the_contract_names_the_kinds_units_and_ranges_of_the_code() -> None:
    assert set(CONTRACT["channels"]["readings"]["parameters"]["kind"]["enum"]) == set(KINDS)
    for name, kind in KINDS.items():
        own = CONTRACT["components"]["schemas"][name]["allOf"][1]["properties"]
        assert own["unit"]["const"] == kind.unit
        bounds = [own["value"]["minimum"] * 1000, own["value"]["maximum"] * 1000]
        assert bounds == [kind.least_milli, kind.most_milli]
    numbers = CONTRACT["components"]["schemas"]["reading"]["properties"]
    assert (numbers["boot"]["maximum"], numbers["seq"]["maximum"]) == (MOST_BOOT, MOST_SEQ)


def test_the_contract_names_every_reason_of_the_quarantine() -> None:
    text = CONTRACT["operations"]["takeReadings"]["description"]
    assert set(Reason.__args__) <= set(re.findall(r"`(\w+)`", text))  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_of_the_contract_are_sound_readings(kind: str) -> None:
    for example in CONTRACT["components"]["messages"][kind]["examples"]:
        assert holds(kind, example["payload"])
        reading = understand(json.dumps(example["payload"]).encode())
        assert reading is not None
        assert fault_of(reading, KINDS[kind], reading.at) is None


def test_the_rule_listens_to_the_contracts_topic_and_hands_over_an_arrival() -> None:
    sql = " ".join(RULE["Sql"].split())
    address = re.sub(r"\{\w+\}", "+", CONTRACT["channels"]["readings"]["address"])
    assert sql.endswith(f"FROM '{address}'")
    assert set(re.findall(r"AS (\w+)", sql)) == set(Arrival.model_fields)
    levels = CONTRACT["channels"]["readings"]["address"].split("/")
    for number, name in re.findall(r"topic\((\d)\) AS (\w+)", sql):
        assert levels[int(number) - 1] == f"{{{name}}}"


def test_no_field_of_the_payload_can_pass_for_the_topic() -> None:
    """A bare * would put the payload's fields beside ours."""
    selected = re.sub(r"encode\(\*, 'base64'\) AS payload", "", RULE["Sql"])
    assert "*" not in selected


def test_every_rule_and_its_function_have_a_queue_for_what_fails() -> None:
    rules = [each for each in IOT.values() if each["Type"] == "AWS::IoT::TopicRule"]
    assert rules
    for rule in rules:
        assert "Sqs" in rule["Properties"]["TopicRulePayload"]["ErrorAction"]
    given = RESOURCES["Sensors"]["Properties"]["Parameters"]
    target = given["IngestFunctionArn"]["GetAtt"].removesuffix(".Arn")
    failure = RESOURCES[target]["Properties"]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert failure["Destination"] == given["DeadLettersArn"]


def test_a_device_may_connect_as_itself_and_publish_its_own_kinds_only() -> None:
    document = IOT["DevicePolicy"]["Properties"]["PolicyDocument"]
    connect, publish = document["Statement"]
    assert connect["Action"] == "iot:Connect"
    assert connect["Resource"]["Sub"].endswith(":client/${!iot:Connection.Thing.ThingName}")
    assert publish["Action"] == "iot:Publish"
    condition, checked, _rehearsal = publish["Resource"]["If"]
    assert condition == "ChecksStore"
    topics = {each["Sub"].partition(":topic/")[2] for each in checked}
    own = "linli/v1/${!iot:Connection.Thing.Attributes[store]}/${!iot:Connection.Thing.ThingName}"
    assert topics == {f"{own}/{kind}" for kind in KINDS}
    assert RESOURCES["Sensors"]["Properties"]["Parameters"]["CheckStore"] == {"Ref": "ProtectData"}


@pytest.mark.parametrize("case", EVENTS)
def test_a_golden_message_is_what_its_name_says(case: str) -> None:
    arrival = Arrival.model_validate(EVENTS[case])
    reading = understand(arrival.content)
    at = reading.at if case not in ("from_the_future", "too_old") and reading else None
    reason = source_of(arrival) or ("malformed" if reading is None else None)
    if reading and not reason and at:
        reason = fault_of(reading, KINDS[arrival.kind], at)
    named = case if case in Reason.__args__ else None  # type: ignore[attr-defined]
    if case in ("from_the_future", "too_old", "unknown_store"):
        named = None  # These two depend on the clock, the third on the catalogue.
    assert reason == named
